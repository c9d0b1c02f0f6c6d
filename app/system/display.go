package system

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// displayTime is how long the X server may take to take a connection.
const displayTime = 5 * time.Second

// checkDisplay says in words that there is no screen, where Fyne would panic.
func checkDisplay(ctx context.Context) error {
	name := os.Getenv("DISPLAY")
	if name == "" {
		return &ConfigError{errors.New("没有显示屏（DISPLAY 没有设置）：请在图形界面里启动，或用 packaging/with-display.sh 开一个虚拟屏幕")}
	}
	host, screen, ok := strings.Cut(name, ":")
	if !ok || (host != "" && host != "unix") {
		return nil // another machine's: Fyne will find out
	}
	number, _, _ := strings.Cut(screen, ".")
	ctx, cancel := context.WithTimeout(ctx, displayTime)
	defer cancel()
	var d net.Dialer
	socket := "/tmp/.X11-unix/X" + number
	for _, path := range []string{"@" + socket, socket} { // Linux servers listen on the abstract name too
		if conn, err := d.DialContext(ctx, "unix", path); err == nil {
			return conn.Close()
		}
	}
	return &ConfigError{fmt.Errorf("显示屏 %s 连不上：请检查 Xorg 是否已经启动", name)}
}
