package idcard_test

import (
	"context"
	"fmt"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/port"
	"zhizhu/devices/sim"
)

// A resident lays a card on the reader, it is read, and at the end the machine sees that it was not forgotten.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	// The hardware: here a simulated reader on a pty. In the field it is /dev/serial/by-id/….
	tty, err := sim.OpenTTY("", 115200)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = tty.Close() }()
	hardware := sim.NewCardReader(tty)
	go func() { _ = hardware.Serve(ctx) }()

	line, err := port.Open(ctx, port.Config{Path: tty.Path(), Baud: 115200, Device: "idcard"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = line.Close() }()

	events := make(chan devices.CardEvent, 10)
	reader := idcard.New(idcard.Options{Now: time.Now, OnEvent: func(e devices.CardEvent) { events <- e }})
	go func() { _ = reader.Serve(ctx, line, func(devices.Status) {}) }()

	person, _ := sim.FindPersona("chen-guilan")
	if err := hardware.Lay(person.Card); err != nil {
		fmt.Println(err)
		return
	}
	reader.Arm(true)
	for e := range events {
		switch e.Kind {
		case devices.CardFound:
			fmt.Println("正在读卡，请不要移动")
		case devices.CardRead:
			fmt.Println(e.Card.Name, e.Card.Birth, e.Card) // a card as a whole redacts itself
			reader.Arm(false)
			reader.Watch(true)
		case devices.CardLying:
			fmt.Println("请取走您的身份证")
			hardware.Lift()
		case devices.CardLifted:
			fmt.Println("再见")
			return
		case devices.CardTroubled, devices.CardUnknown, devices.CardGone:
			fmt.Println("请重新放卡")
		}
	}
	// Output:
	// 正在读卡，请不要移动
	// 陈桂兰 1952-04-17 card(redacted)
	// 请取走您的身份证
	// 再见
}
