package system

import (
	"context"
	"errors"
	"fmt"
	"io"

	"zhizhu/offline/identity"
)

// Enrol registers the machine of a config file at its gateway with a one-time code. A kiosk that is already running
// takes the identity up by itself.
func Enrol(ctx context.Context, config, code string, out io.Writer) error {
	cfg, err := LoadConfig(config)
	if err != nil {
		return err
	}
	if err := enrol(ctx, cfg, code, directDial); err != nil {
		return fmt.Errorf("%s：%w", enrolWords(err), err)
	}
	id, err := identity.Load(cfg.identityDir())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "登记成功：本机编号 %s，站点 %s\n", id.Terminal, id.Station)
	return err
}

// enrolWords says to staff what to do, by the kind of the fault.
func enrolWords(err error) string {
	switch {
	case errors.Is(err, identity.ErrCode):
		return "登记码不对、用过了或过期了，请向网关管理员要一个新的"
	case errors.Is(err, identity.ErrStation):
		return "登记码不是这个站点的，请核对 station.code 或换一个登记码；本机原来的登记没有改动"
	case errors.Is(err, identity.ErrCA):
		return "对方证书和 upstream.ca 对不上，请核对网关地址、CA 证书和本机时间"
	case errors.Is(err, identity.ErrGateway):
		return "连不上网关，请检查网络和 upstream.url，登记码还可以再用"
	default:
		return "没有登记成功"
	}
}
