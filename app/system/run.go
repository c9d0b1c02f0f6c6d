package system

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"zhizhu/app/kiosk"
	"zhizhu/app/pilot"
	"zhizhu/app/screen"
	"zhizhu/app/visit"
	"zhizhu/offline/store"
)

// RunOptions are those of `zhizhu run`.
type RunOptions struct {
	Config string // path; may be empty with Sim
	Sim    bool   // built-in simulators for every port the config does not name, and a local gateway
	Data   string // data folder with Sim
	Pilot  string // script, or empty
	Out    string // folder for screenshots and simulated receipts

	// Exit ends the process with the code of an error, should the window not go by itself.
	Exit func(error)

	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Child runs a hidden child task (the store's check) if args ask for one.
func Child(args []string) (handled bool, exit int) { return store.RunChild(args) }

// ErrPilotForbidden says that a script was given to a machine that serves residents.
var ErrPilotForbidden = errors.New("配置文件没有写 pilot: true，不能用脚本操作：正式服务的机器不允许")

// ErrSimForbidden says that devices were to be played on a machine that serves residents.
var ErrSimForbidden = errors.New("配置文件没有写 pilot: true，不能用 --sim：正式服务的机器不允许用模拟设备")

// Run opens the kiosk and serves until ctx ends, the window is closed, or the pilot's script is done. It must be called
// on the main goroutine: the window lives there.
func Run(ctx context.Context, o RunOptions) error {
	if err := ownCache(); err != nil {
		return err
	}
	log := newLog(o.Stderr)
	cfg, err := o.config()
	if err != nil {
		return err
	}
	var script []pilot.Command
	if o.Pilot != "" {
		if script, err = o.script(cfg); err != nil {
			return err
		}
	}
	if err := checkDisplay(ctx); err != nil {
		return err
	}
	for _, odd := range cfg.Oddities() {
		log.LogAttrs(ctx, slog.LevelWarn, "Config should be looked at", slog.String("what", odd))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sim *simulation
	if o.Sim {
		if sim, err = startSimulation(ctx, &cfg, filepath.Dir(cfg.DataDir), o.receipts(cfg), log); err != nil {
			return err
		}
	}
	defer sim.Close()

	var window *screen.Screen
	var player atomic.Pointer[pilot.Runner] // nil without a script
	t, err := NewTerminal(ctx, Options{
		Config: cfg, Log: log, Now: chinaNow, Rand: rand.Reader, Dial: sim.dial(),
		OnView: func(v visit.View) {
			if r := player.Load(); r != nil {
				r.Saw(v)
			}
		},
		Screen: func(post func(visit.Event)) kiosk.Screen {
			window = screen.New(screen.Options{
				Title: "智助", Width: cfg.Screen.Width, Height: cfg.Screen.Height, Inches: cfg.Screen.PanelInches,
				Fullscreen: cfg.Screen.Width == 0, Post: post, Log: log, Now: time.Now,
			})
			return window
		},
	})
	if err != nil {
		return startError(err)
	}
	if script != nil {
		player.Store(o.runner(t, window, sim))
	}
	return o.serve(ctx, cancel, t, window, func(ctx context.Context) error {
		if r := player.Load(); r != nil {
			return r.Run(ctx, script)
		}
		if sim != nil {
			go sim.console(ctx, o.Stdin, o.Stdout)
		}
		<-ctx.Done()
		return nil
	})
}

// ownCache starts the program anew, in the same process, with Fyne's cache time set: what was drawn for one resident is
// dropped 10 s after it has left the screen, not a minute. Fyne reads the variable before main begins.
func ownCache() error {
	const name = "FYNE_CACHE"
	if os.Getenv(name) != "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	if err := syscall.Exec(self, os.Args, append(os.Environ(), name+"=10s")); err != nil {
		return fmt.Errorf("start with own cache time: %w", err)
	}
	return nil // never: the new image runs from its own beginning
}

// serve runs the terminal beside the window's main loop, which must have the main goroutine. Being told to end is no
// error; a script that failed is.
func (o RunOptions) serve(ctx context.Context, cancel context.CancelFunc, t *Terminal, window *screen.Screen, attend func(context.Context) error) error {
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := t.Serve(ctx); err != nil && ctx.Err() == nil {
			t.log.LogAttrs(ctx, slog.LevelError, "Terminal stopped by itself", slog.Any("error", err))
		}
	}()
	done := make(chan error, 1)
	go func() {
		err := attend(ctx)
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			err = nil
		}
		cancel()
		<-served
		err = errors.Join(err, t.Close())
		done <- err
		window.Quit()
		// Fyne's loop has a rare dead end at quitting: an event queued at the last moment waits for ever. All that must
		// be on disk is there.
		time.AfterFunc(quitTime, func() { o.Exit(err) })
	}()
	window.Run()
	cancel()
	return <-done
}

// quitTime is how long the window may take to go once everything else has ended.
const quitTime = 3 * time.Second

// startError says to staff what to do, by the kind of the fault that keeps the program from starting.
func startError(err error) error {
	var words string
	switch {
	case errors.Is(err, store.ErrLocked):
		words = "数据文件正被另一个程序使用，请先停掉那个程序（是不是已经开着一个智助？）"
	case errors.Is(err, store.ErrNewer):
		words = "数据文件是更新版本的程序写的，请安装那个版本；文件没有改动"
	case errors.Is(err, store.ErrFull):
		words = "磁盘满了，请腾出空间再启动"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		words = "数据文件夹不能写，请检查 data_dir 和它的权限"
	default:
		return err
	}
	return fmt.Errorf("%s：%w", words, err)
}

func (o RunOptions) runner(t *Terminal, window *screen.Screen, sim *simulation) *pilot.Runner {
	return pilot.New(pilot.Options{
		Window: window, Devices: sim.devices(t), Catalog: t.catalog, Shots: o.shots(t.opts.Config),
		WaitPaper: t.pulse.waitPaper, Now: t.opts.Now, Log: t.log,
		OnServed: func(s pilot.Served) {
			said := &errWriter{w: o.Stdout} // a closed pipe must not stop the machine
			said.printf("{\"item\":%q,\"seed\":%d,\"number\":%q,\"ms\":%d}\n", s.Item, s.Seed, s.Number, s.Took.Milliseconds())
		},
	})
}

func (o RunOptions) shots(cfg Config) string {
	if o.Out != "" {
		return filepath.Join(o.Out, "shots")
	}
	return filepath.Join(cfg.DataDir, "shots")
}

func (o RunOptions) receipts(cfg Config) string {
	if o.Out != "" {
		return filepath.Join(o.Out, "receipts")
	}
	return filepath.Join(filepath.Dir(cfg.DataDir), "receipts")
}

// config reads the config file, or makes that of a simulated machine.
func (o RunOptions) config() (Config, error) {
	switch {
	case o.Config != "":
		cfg, err := loadConfig(o.Config, o.Sim)
		if err == nil && o.Sim && !cfg.Pilot {
			err = &ConfigError{ErrSimForbidden}
		}
		return cfg, err
	case o.Sim:
		return simConfig(o.Data)
	default:
		return Config{}, &ConfigError{errors.New("请用 --config 指定配置文件，或用 --sim 用模拟设备试运行")}
	}
}

// script reads the pilot's script, where the config allows one.
func (o RunOptions) script(cfg Config) ([]pilot.Command, error) {
	if !cfg.Pilot {
		return nil, &ConfigError{ErrPilotForbidden}
	}
	text, err := os.ReadFile(o.Pilot)
	if err != nil {
		return nil, &ConfigError{fmt.Errorf("脚本 %s 打不开：%w", o.Pilot, err)}
	}
	script, err := pilot.Parse(o.Pilot, bytes.NewReader(text))
	if err != nil {
		return nil, &ConfigError{err}
	}
	return script, nil
}

// chinaNow is the time as people here read it, whatever zone the machine is set to.
func chinaNow() time.Time { return time.Now().In(time.FixedZone("CST", 8*60*60)) }

func directDial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	return d.DialContext(ctx, network, address)
}
