// Package slot keeps one device of the machine in service: it opens the device's port, runs its driver, and opens the
// port again after every loss, for as long as the program runs. Where the port is, and at which speed, may be found by
// whoever opens it; a device without a line runs by itself under the same care. What a resident may be offered follows from the
// statuses that it tells.
//
// A slot knows its one driver by [devices.Driver] only, and must never know what the device is for, nor that there
// are other slots: a broken device holds up nothing but itself.
package slot
