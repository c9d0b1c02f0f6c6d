package outbox

import (
	"fmt"

	"zhizhu/offline/wire"
)

// Lanes of the outbox, by priority. A record that can't go up holds up nothing of another lane, and nothing of its own.
const (
	LaneRatings  = wire.LaneRatings
	LaneFeedback = "feedback" // 办不成事: matters on the wire, but not behind them
	LaneMatters  = wire.LaneMatters
	LaneBlobs    = "blobs" // attachments: PendingBlobs, not Pending
	LaneEvents   = wire.LaneEvents
)

// kindFeedback is the kind of an item whose matters go by LaneFeedback.
const kindFeedback = "feedback"

func allLanes() [5]string {
	return [5]string{LaneRatings, LaneFeedback, LaneMatters, LaneBlobs, LaneEvents}
}

// wireLane is the lane under which the gateway knows a record.
func wireLane(lane string) string {
	if lane == LaneFeedback {
		return wire.LaneMatters
	}
	return lane
}

// isMatter reports whether a lane's records are matters, which keep a small record for their person.
func isMatter(lane string) bool { return lane == LaneMatters || lane == LaneFeedback }

// matterLane is the lane of a matter.
func matterLane(m *wire.Matter) string {
	if m.Kind == kindFeedback || m.About != nil {
		return LaneFeedback
	}
	return LaneMatters
}

// laneByte tells lanes apart in keys.
func laneByte(lane string) (byte, error) {
	switch lane {
	case LaneRatings:
		return 'r', nil
	case LaneFeedback:
		return 'f', nil
	case LaneMatters:
		return 'm', nil
	case LaneBlobs:
		return 'b', nil
	case LaneEvents:
		return 'e', nil
	}
	return 0, fmt.Errorf("no such lane %q", lane)
}

func laneOf(b byte) (string, error) {
	for _, lane := range allLanes() {
		if c, err := laneByte(lane); err == nil && c == b {
			return lane, nil
		}
	}
	return "", fmt.Errorf("no such lane %q", b)
}
