package outbox

func runLodger([]string) (bool, int) { return false, 0 }
