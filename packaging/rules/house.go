package rules

// house are the rules of "Who may know whom".
var house = []ImportRule{
	{
		Who: []string{"."}, Only: []string{"app/system", "github.com/alecthomas/kong"},
		Why: "main parses, builds and runs: all construction is in app/system, which end-to-end tests build too",
	},
	{
		Who: []string{"..."}, But: []string{".", "app/system"}, Never: []string{"app/system"}, Tests: true,
		Why: "only main knows the system: what it builds must not know who builds it",
	},
	{
		Who: []string{"..."}, But: []string{"app/system", "app/screen/..."}, Never: []string{"app/screen/..."}, Tests: true,
		Why: "the screen shows views and sends events; nothing may lean on how it does that",
	},
	{
		Who: []string{"..."}, But: []string{"app/screen/..."}, Never: []string{"github.com/go-gl/...", "fyne.io/..."}, Tests: true,
		Why: "Fyne, with the OpenGL beneath it, is one room's affair, so that all others are tested without a window",
	},
	{
		Who: []string{"..."}, But: []string{"devices/port"}, Never: []string{"github.com/tarm/serial"}, Tests: true,
		Why: "the traps of serial lines are dealt with once, in devices/port",
	},
	{
		Who: []string{"..."}, But: []string{"offline/store", "offline/gateway/..."}, Never: []string{"go.etcd.io/bbolt/..."}, Tests: true,
		Why: "how records lie on disk is the stores' affair",
	},
	{
		Who: []string{"..."}, But: []string{"offline/gateway/postgres/..."}, Never: []string{"github.com/jackc/pgx/..."}, Tests: true,
		Why: "PostgreSQL is one engine's affair, and its SQL stands in one place",
	},
	{
		Who: []string{"..."}, But: []string{"offline/keyring"}, Never: []string{"github.com/google/go-tpm/..."}, Tests: true,
		Why: "how the station key is kept is decided in one place",
	},
	{
		Who: []string{"..."}, But: []string{"devices/a4"}, Never: []string{"github.com/OpenPrinting/goipp"}, Tests: true,
		Why: "CUPS is one driver's affair",
	},
	{
		Who: []string{"..."}, But: []string{"devices/camera"}, Never: []string{"github.com/blackjack/webcam"}, Tests: true,
		Why: "cameras are one package's affair, so that all others are tested without one",
	},
	{
		Who: []string{"..."}, But: []string{"app/system"}, Never: []string{"github.com/thejerf/suture/..."}, Tests: true,
		Why: "services are Serve(ctx) error; who restarts whom is decided in one place",
	},
	{
		Who: []string{"devices/..."}, Never: []string{"app/...", "offline/...", "fyne.io/..."}, Deep: true, Tests: true,
		Why: "devices know neither the program nor what is kept: drivers serve any host, and zhizhu-devices runs them alone",
	},
	{
		Who: []string{"offline/..."}, Never: []string{"app/...", "devices/...", "fyne.io/..."}, Deep: true, Tests: true,
		Why: "what is kept and carried knows neither the program nor the devices; the gateway has neither",
	},
	{
		Who: []string{"assets/..."}, Only: []string{"assets/..."}, Deep: true,
		Why: "assets are data",
	},
	{
		Who: []string{"..."}, But: []string{"packaging/..."}, Never: []string{"packaging/..."}, Deep: true, Tests: true,
		Why: "packaging is about the program, never part of it",
	},
	{
		Who:  []string{"app/kiosk"},
		Only: []string{"app/visit", "app/health", "app/sheet", "app/receipt", "devices", "offline/catalog"},
		Why:  "the kiosk knows value types and its own interfaces, never a driver, a store or a screen",
	},
	{
		Who:  []string{"app/screen/..."},
		Only: []string{"app/screen/...", "app/visit", "app/sheet", "devices", "offline/catalog", "assets", "fyne.io/...", "github.com/go-gl/gl/...", "github.com/skip2/go-qrcode", "golang.org/x/image/...", "golang.org/x/text/..."},
		Why:  "a screen adds no words and no logic: View in, Event out",
	},
	{
		Who:  []string{"app/pilot"},
		Only: []string{"app/visit", "app/sheet", "offline/catalog"},
		Why:  "the pilot drives what is written on the window, through two interfaces of its own",
	},
	pure("app/visit", "the visit is a value that can be replayed from its events",
		"app/sheet", "app/receipt", "app/health", "devices", "offline/catalog"),
	pure("app/sheet", "answering questions needs no world", "devices", "offline/catalog"),
	pure("app/receipt", "a receipt is words and a number", "devices", "offline/catalog", "app/sheet"),
	pure("app/health", "facts in, report out", "devices"),
	pure("devices", "value types, known everywhere"),
	pure("devices/idcard/sam", "a codec: bytes to values", "devices", "golang.org/x/text/..."),
	pure("devices/printer/escpos", "a codec: values to bytes", "devices", "golang.org/x/text/...", "golang.org/x/image/..."),
	pure("offline/wire", "the protocol's types, shared by both ends"),
	pure("offline/catalog", "the catalogue's types, known everywhere"),
	{
		Who: []string{
			"devices/port", "devices/slot", "devices/probe", "devices/idcard/...", "devices/scanner/...", "devices/printer/...",
			"devices/a4", "devices/camera", "devices/camscan", "devices/doccam", "devices/doccam/page", "devices/qr",
		},
		Never: []string{"devices/sim/...", "devices/qr/qrtest", "devices/doccam/desk"}, Deep: true,
		Why: "a driver that knows a simulator is not tested by it",
	},
	{
		Who:   []string{"devices/sim/..."},
		Never: []string{"devices/port", "devices/slot", "devices/idcard", "devices/scanner", "devices/printer"}, Deep: true,
		Why: "simulators share codecs with drivers, never their code: else both make the same mistake",
	},
	{
		Who: []string{
			"devices/port", "devices/slot", "devices/idcard", "devices/scanner", "devices/printer", "devices/a4", "devices/camera",
			"devices/camscan", "devices/doccam",
		},
		Never: []string{
			"devices/port", "devices/slot", "devices/probe", "devices/idcard", "devices/scanner", "devices/printer", "devices/a4",
			"devices/camscan", "devices/doccam",
		},
		Why: "drivers take a devices.Line, or a camera's frames, and know neither each other nor who opens them",
	},
	{
		Who: []string{"devices/probe"}, Never: []string{"devices/idcard", "devices/printer", "devices/scanner", "devices/slot"},
		Why: "who asks a port what is there needs codecs, not drivers: it must not do to a device what only its driver may",
	},
	{
		Who: []string{"offline/sync/..."}, Never: []string{"offline/gateway/..."}, Deep: true,
		Why: "both ends share wire and seal, never each other's code: else both make the same mistake",
	},
	{
		Who:   []string{"offline/gateway/..."},
		Never: []string{"offline/sync", "offline/outbox", "offline/store", "offline/identity"}, Deep: true,
		Why: "both ends share wire and seal, never each other's code: else both make the same mistake",
	},
}

// impure are the packages of the standard library by which a package would act on the world or ask it something.
var impure = []string{
	"os/...", "net", "net/http/...", "syscall", "log", "crypto/rand", "io/ioutil", "runtime", "path/filepath",
	"sync/...",
}

// pure is the rule of a package without clock, I/O, randomness and goroutines; besides the standard library it knows
// the given packages only.
func pure(who, why string, only ...string) ImportRule {
	return ImportRule{
		Who: []string{who}, Never: impure, Only: append([]string{}, only...), Why: why + ", so it is pure",
	}
}
