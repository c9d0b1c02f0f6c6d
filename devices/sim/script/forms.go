package script

import (
	"context"
	"fmt"
	"strings"
)

// action plays a command and returns what is to be said of it, "" for nothing.
type action func(ctx context.Context, s *Stage, a args) (string, error)

// form is one command: how it is written, what it does, and an example.
type form struct {
	topic   string
	pattern string
	help    string
	example string
	do      action
}

// forms are all commands, by device. repeat, end and after are the parser's own.
func forms() []form {
	var all []form
	for _, part := range [][]form{flowForms(), cardForms(), readerForms(), printerForms(), printerModels(), scannerForms(), lineForms()} {
		all = append(all, part...)
	}
	return all
}

// Help explains the language: every command with an example.
func Help() string {
	var b strings.Builder
	b.WriteString("One command a line; lines that begin with # are notes. Times are written 40ms, 2s or 1m; how often is once, twice,\n" +
		"3 times or always. BYTE counts from now on. A command by which a device sends something at once (scan, noise, xoff)\n" +
		"fails while its cable is out; how it is may be changed at any time.\n" +
		"\nrepeat COUNT … end\n    plays what stands between so often (example: repeat 5)\n" +
		"after TIME COMMAND\n    plays a command so much later, while the script goes on (example: after 2s lift)\n")
	topic := ""
	for _, f := range forms() {
		if f.topic != topic {
			topic = f.topic
			fmt.Fprintf(&b, "\n# %s\n", topic)
		}
		fmt.Fprintf(&b, "%s\n    %s (example: %s)\n", usage(tokens(f.pattern)), f.help, f.example)
	}
	return b.String()
}

// Words is the language on one line, for a prompt.
func Words() string {
	out := []string{"repeat COUNT … end", "after TIME COMMAND"}
	for _, f := range forms() {
		out = append(out, usage(tokens(f.pattern)))
	}
	return strings.Join(out, " | ")
}

func flowForms() []form {
	const t = "The script"
	return []form{
		{t, "wait <time:duration>", "goes on so much later", "wait 1.5s", on((*Stage).wait)},
		{t, "wait receipt [<time:duration>]", "waits until the printer has cut off one more receipt; 60s at most, if nothing else is said", "wait receipt 10s", on((*Stage).waitReceipt)},
		{t, "wait reading [<time:duration>]", "waits until the host has read a card once more", "wait reading 10s", on((*Stage).waitReading)},
		{t, "wait bytes <bytes:number> [<time:duration>]", "waits until so many more bytes have reached the printer", "wait bytes 500", on((*Stage).waitBytes)},
		{t, "wait trigger [<time:duration>]", "waits until the host has told the scanner to read once more", "wait trigger 5s", on((*Stage).waitTrigger)},
		{t, "say <text:text>", "prints a note", "say take the card away now", on((*Stage).say)},
		{t, "help", "lists the commands", "help", func(context.Context, *Stage, args) (string, error) { return Words(), nil }},
		{t, "quit", "ends everything that is played", "quit", func(context.Context, *Stage, args) (string, error) { return "", ErrQuit }},
	}
}

func cardForms() []form {
	const t = "The card"
	return []form{
		{t, "card unknown", "lays something that is no ID card", "card unknown", reader(layUnknown)},
		{t, "card <persona:who>", "lays a resident's card on the reader", "card chen-guilan", reader(layCard)},
		{t, "lift", "takes the card away", "lift", reader(lift)},
		{t, "lift in reading [at <byte:number>]", "takes it away in the middle of the next reading: before its first byte, or when so many have gone out", "lift in reading at 700", reader(liftInReading)},
	}
}

func readerForms() []form {
	const t = "The card reader (reader and idcard mean the same)"
	var out []form
	for _, f := range []form{
		{t, "ok", "mends all that is scripted", "reader ok", reader(readerOK)},
		{t, "dead [<status:status>]", "its module is dead: every command is answered 60, or 66", "reader dead 66", reader(readerDead)},
		{t, "silent [<count:count>]", "it answers nothing, for ever if nothing else is said", "reader silent 3 times", reader(readerSilent)},
		{t, "unreadable", "no card can be read (41)", "reader unreadable", reader(readerUnreadable)},
		{t, "unknown", "the same as card unknown", "reader unknown", reader(layUnknown)},
		{t, "status <status:status> [<count:count>] [at <command:find|select|read|address|any>]", "answers with a status, at the command to which it belongs", "reader status 81 twice", reader(readerStatus)},
		{t, "latency <time:duration>", "every answer takes so long", "reader latency 80ms", reader(readerLatency)},
		{t, "think <time:duration>", "a reading takes so much longer", "reader think 800ms", reader(readerThink)},
		{t, "finds <what:once|always>", "whether it finds a card again that it has read", "reader finds always", reader(readerFinds)},
		{t, "form <what:short|long>", "whether a reading has two length words or three (1297 bytes)", "reader form long", reader(readerForm)},
		{t, "iin <what:yes|no>", "whether it finds with four bytes of data or none", "reader iin no", reader(readerIIN)},
		{t, "address <what:yes|no>", "whether it knows the appended address at all", "reader address no", reader(readerAddress)},
	} {
		f.pattern = "<reader:reader|idcard> " + f.pattern
		out = append(out, f)
	}
	return out
}

func printerForms() []form {
	const t = "The printer"
	return []form{
		{t, "printer <state:ok|paper-out|paper-low|cover-open|jam|hot|broken|silent|power-cycle>", "how it is from now on; ok mends all that is scripted", "printer paper-out", printer(printerState)},
		{t, "printer paper <state:ok|low>", "what its paper sensors see", "printer paper low", printer(printerPaper)},
		{t, "printer paper out [at <byte:number>]", "the roll ends, now or when so many bytes more have come", "printer paper out at 600", printer(printerPaperOut)},
		{t, "printer paper out after <lines:number> lines", "the roll ends when so many lines more are printed", "printer paper out after 12 lines", printer(printerPaperLines)},
		{t, "printer cover open [at <byte:number>] [for <time:duration>]", "the cover is opened, and closed after that time", "printer cover open at 1200 for 3s", printer(printerCoverOpen)},
		{t, "printer cover close", "the cover is closed", "printer cover close", printer(printerCoverClose)},
		{t, "printer jam at cut", "the next cut jams", "printer jam at cut", printer(printerJamAtCut)},
		{t, "printer head hot for <time:duration>", "the head is too hot, so long", "printer head hot for 3s", printer(printerHot)},
		{t, "printer xoff <time:duration> [at <byte:number>]", "takes no more for a while (XOFF), now or when so many bytes more have come", "printer xoff 5s at 800", printer(printerXoff)},
		{t, "printer power-cycle at <byte:number> [for <time:duration>]", "power fails when so many bytes more have come, and the printer takes so long to start again (1.5s): what it holds is lost", "printer power-cycle at 900 for 2s", printer(printerPowerCycleAt)},
		{t, "printer answers <what:all|paper|none>", "which of the four status questions it answers", "printer answers paper", printer(printerAnswers)},
	}
}

func printerModels() []form {
	const t = "The printer's model"
	return []form{
		{t, "printer font <what:chinese|none>", "whether it has Chinese characters of its own", "printer font none", model(printerFont)},
		{t, "printer id <what:yes|no>", "whether it answers GS I", "printer id no", model(printerID)},
		{t, "printer drawer <what:high|low>", "whether status 1 is 16 or 12", "printer drawer high", model(printerDrawer)},
		{t, "printer flow <what:yes|no>", "whether it sends XOFF and XON", "printer flow no", model(printerFlow)},
		{t, "printer peeks <what:yes|no>", "whether it obeys real-time commands inside pictures", "printer peeks yes", model(printerPeeks)},
		{t, "printer speed <dots:number>", "dots a second that the paper moves; 0 takes no time", "printer speed 800", model(printerSpeed)},
		{t, "printer buffer <size:number> [xoff at <full:number>]", "its buffer, and how full it is when XOFF is sent", "printer buffer 4096 xoff at 3072", model(printerBuffer)},
	}
}

func scannerForms() []form {
	const t = "The scanner"
	return []form{
		{t, "scan <code:text>", "reads a code once", "scan ZZ-0001", scanner(scan)},
		{t, "scan-hex <code:hex>", "the same, for a code of any bytes", "scan-hex D4 C1 00 FF", scanner(scanHex)},
		{t, "hold <code:text>", "holds a code before it", "hold ZZ-0001", scanner(hold)},
		{t, "away", "takes away what is held before it", "away", scanner(away)},
		{t, "scanner ok", "mends all that is scripted", "scanner ok", scanner(scannerOK)},
		{t, "scanner suffix <end:cr|lf|crlf|none>", "what ends a code", "scanner suffix none", scanner(scannerSuffix)},
		{t, "scanner prefix <prefix:hex>", "what stands before a code", "scanner prefix 02", scanner(scannerPrefix)},
		{t, "scanner prefix none", "nothing stands before a code", "scanner prefix none", scanner(scannerPrefix)},
		{t, "scanner commands <set:plain|gm65|ssi|newland|honeywell>", "the commands that it understands", "scanner commands gm65", scanner(scannerCommands)},
		{t, "scanner trigger <what:needed|free>", "whether it reads only when the host says so", "scanner trigger needed", scanner(scannerTrigger)},
		{t, "scanner repeat <time:duration>", "sends again and again what is held before it", "scanner repeat 200ms", scanner(scannerRepeat)},
		{t, "scanner repeat off", "sends once what is held before it", "scanner repeat off", scanner(scannerRepeat)},
		{t, "scanner packets <what:yes|no>", "sends codes as SSI packets", "scanner packets yes", scanner(scannerPackets)},
		{t, "scanner acks <what:yes|no|refuses>", "whether it acknowledges commands", "scanner acks no", scanner(scannerAcks)},
	}
}

// each are the devices' names in patterns.
const each = "<device:reader|idcard|printer|scanner>"

func lineForms() []form {
	const t = "The lines of all three: what they send, and their cables"
	out := []form{
		{t, "unplug " + each + " [for <time:duration>]", "pulls the cable, and puts it back after that time", "unplug printer for 4s", on((*Stage).unplug)},
		{t, "unplug printer at <byte:number> [for <time:duration>]", "pulls it when so many bytes more have come", "unplug printer at 800 for 4s", on((*Stage).unplugAt)},
		{t, "plug " + each + " [as <link:word>]", "puts the cable back, under another name if one is given", "plug printer as ttyUSB1", on((*Stage).plug)},
		{t, each + " baud <baud:number>", "sets the device's speed, and not the host's", "scanner baud 115200", on((*Stage).baud)},
		{t, each + " power-cycle [noise <bytes:number>]", "power goes and comes back; so many bytes of noise come while it wakes up", "reader power-cycle noise 12", on((*Stage).powerCycle)},
		{t, each + " noise <bytes:number>", "sends so many bytes of noise now", "reader noise 20", on((*Stage).noise)},
		{t, each + " fault none", "mends its line", "reader fault none", on((*Stage).mend)},
	}
	for _, f := range []form{
		{t, "<fault:silent|double|checksum>", "answers are not sent, sent twice, or end with a wrong byte", "reader fault checksum once", on((*Stage).fault)},
		{t, "<fault:late|bytewise> <time:duration> [at <byte:number>]", "the rest of an answer comes so much later, or every byte of it", "reader fault late 40ms", on((*Stage).fault)},
		{t, "<fault:truncate|unplug> [at <byte:number>]", "the rest of an answer never comes, or the cable is pulled there; in the middle, if nothing else is said", "reader fault unplug at 600", on((*Stage).fault)},
		{t, "<fault:noise|noise-after|extra-aa> <bytes:number>", "so many bytes stand before an answer, or behind it", "reader fault extra-aa 2", on((*Stage).fault)},
		{t, "<fault:longer|shorter> <bytes:number>", "a reader's length says more than there is, or less", "reader fault longer 9 once", on((*Stage).fault)},
	} {
		f.pattern = each + " fault " + f.pattern + " [<count:count>]"
		out = append(out, f)
	}
	return out
}

// on makes an action of a method of Stage.
func on(do func(*Stage, context.Context, args) (string, error)) action {
	return func(ctx context.Context, s *Stage, a args) (string, error) { return do(s, ctx, a) }
}
