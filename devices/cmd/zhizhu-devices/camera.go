package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/camera"
	"zhizhu/devices/doccam"
)

// cameraCmd are the document camera's field tools.
type cameraCmd struct {
	Shot shotCmd       `cmd:"" help:"Take a picture of a document as the kiosk does: found, straightened, cropped, judged, packed. It shows a person's document: delete it when you are done."`
	List cameraListCmd `cmd:"" help:"List the cameras of this machine."`
}

type shotCmd struct {
	From   string        `arg:"" placeholder:"IMAGE|FOLDER|/dev/videoN" help:"A picture file, a folder of them, or a camera."`
	Out    string        `short:"o" required:"" type:"path" placeholder:"OUT.jpg" help:"Where to write the picture."`
	JSON   bool          `name:"json" help:"Say what was found as a JSON object; without it, in words."`
	Limit  int           `default:"500000" help:"Size of the picture at most, in bytes."`
	Grey   bool          `help:"Without colour."`
	Size   string        `default:"1920x1080" placeholder:"WxH" help:"Size that a camera is asked for."`
	Settle time.Duration `default:"1500ms" help:"How long a camera adjusts itself before the picture is taken."`
}

// taken is what is said of a shot.
type taken struct {
	File    string        `json:"file,omitempty"` // where it was written
	Bytes   int           `json:"bytes,omitempty"`
	Width   int           `json:"width,omitempty"` // of the picture
	Height  int           `json:"height,omitempty"`
	Frame   [2]int        `json:"frame"`   // width and height of what the camera saw
	Cropped bool          `json:"cropped"` // the page was found; else the picture is the whole frame
	Corners *[4][2]int    `json:"corners,omitempty"`
	Advice  []takenAdvice `json:"advice"` // empty for a good picture
}

type takenAdvice struct {
	Kind  string `json:"kind"`
	Words string `json:"words"`
}

// Run is kong's.
func (c shotCmd) Run(ctx context.Context, stdout io.Writer) error {
	source, settle, err := c.source()
	if err != nil {
		return err
	}
	shot, err := c.take(ctx, source, settle)
	if err != nil {
		return fmt.Errorf("take picture: %w%s", err, cameraHint(err))
	}
	defer shot.Wipe()
	if err := writeNew(c.Out, shot.JPEG); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	t := describeShot(shot)
	t.File = c.Out
	if c.JSON {
		return json.NewEncoder(stdout).Encode(t)
	}
	_, err = io.WriteString(stdout, t.words())
	return err
}

// source is a camera where From is a device, else the pictures that lie there.
func (c shotCmd) source() (camera.Source, time.Duration, error) {
	info, err := os.Stat(c.From)
	if err != nil {
		return nil, 0, fmt.Errorf("look for pictures: %w", err)
	}
	if info.Mode()&os.ModeDevice == 0 {
		return camera.Folder(camera.FolderOptions{Path: c.From, Loop: true, Every: 10 * time.Millisecond, Now: time.Now}), 0, nil
	}
	var w, h int
	if _, err := fmt.Sscanf(c.Size, "%dx%d", &w, &h); err != nil || w < 1 || h < 1 {
		return nil, 0, fmt.Errorf("read size %q: write it as 1920x1080", c.Size)
	}
	return camera.OpenV4L2(camera.Options{Path: c.From, Width: w, Height: h, Now: time.Now}), c.Settle, nil
}

// take runs the kiosk's camera for one shot. Where the source ends first, that is the error.
func (c shotCmd) take(ctx context.Context, source camera.Source, settle time.Duration) (doccam.Shot, error) {
	ctx, stop := context.WithCancelCause(ctx)
	cam := doccam.New(doccam.Options{Source: source, Limit: c.Limit, Grey: c.Grey, Now: time.Now, Patience: 8 * time.Second})
	cam.On(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		stop(cam.Serve(ctx, func(devices.Status) {}))
	}()
	defer func() {
		stop(nil)
		<-ended
	}()
	select {
	case <-ctx.Done():
		return doccam.Shot{}, context.Cause(ctx)
	case <-time.After(settle):
	}
	shot, err := cam.Capture(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return shot, cause
	}
	return shot, err
}

// cameraHint says what staff can do about an error.
func cameraHint(err error) string {
	switch devices.KindOf(err) {
	case devices.Silent:
		return " (no readable picture came: is it a PNG, JPEG or GIF file, or a camera that another program uses?)"
	case devices.NoPermission:
		return " (add this user to the group video)"
	case devices.InUse:
		return " (end the program that uses it: the kiosk does, systemctl stop zhizhu)"
	case devices.NoPort, devices.WrongDevice:
		return " (zhizhu-devices camera list shows the cameras)"
	default:
		return ""
	}
}

func describeShot(s doccam.Shot) taken {
	t := taken{
		Bytes: len(s.JPEG), Width: s.Width, Height: s.Height, Cropped: s.Cropped, Frame: [2]int{s.Frame.X, s.Frame.Y},
		Advice: []takenAdvice{},
	}
	if s.Cropped {
		t.Corners = new([4][2]int)
		for i, p := range s.Corners {
			t.Corners[i] = [2]int{int(p.X + 0.5), int(p.Y + 0.5)}
		}
	}
	for _, a := range s.Advice {
		t.Advice = append(t.Advice, takenAdvice{a.String(), a.Words()})
	}
	return t
}

// words are for staff at the machine.
func (t taken) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "画面 %d×%d\n", t.Frame[0], t.Frame[1])
	if t.Cropped {
		fmt.Fprintf(&b, "找到材料，四角（左上、右上、右下、左下）：%v\n", *t.Corners)
	} else {
		b.WriteString("没有把握找准材料的边，保留整个画面\n")
	}
	for _, a := range t.Advice {
		b.WriteString("提示：" + a.Words + "\n")
	}
	fmt.Fprintf(&b, "已保存 %s：%d×%d，%d 字节\n", t.File, t.Width, t.Height, t.Bytes)
	return b.String()
}

// writeNew writes a file that only its owner may read, whole or not at all.
func writeNew(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".shot-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
