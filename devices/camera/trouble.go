package camera

import (
	"errors"
	"strings"
	"syscall"

	"zhizhu/devices"
)

// trouble makes a device error of what went wrong. Lost says that the camera had worked before.
func trouble(op string, err error, lost bool) error {
	return &devices.Error{Device: "camera", Kind: kindOf(err, lost), Op: op, Err: err}
}

func kindOf(err error, lost bool) devices.Kind {
	if errors.Is(err, errNoFormat) {
		return devices.WrongDevice
	}
	//nolint:exhaustive // what is left is internal
	switch errno := errnoOf(err); errno {
	case syscall.ENOENT, syscall.ENODEV, syscall.ENXIO, syscall.ENOTDIR:
		if lost {
			return devices.HungUp
		}
		return devices.NoPort
	case syscall.EACCES, syscall.EPERM:
		return devices.NoPermission
	case syscall.EBUSY:
		return devices.InUse
	case syscall.ENOTTY, syscall.EINVAL:
		if lost {
			return devices.HungUp
		}
		return devices.WrongDevice
	case syscall.EIO, syscall.EBADF, syscall.EPIPE, syscall.EPROTO:
		return devices.HungUp
	}
	switch err.Error() { // of webcam.Open
	case "Not a video capture device", "Device does not support the streaming I/O method":
		return devices.WrongDevice
	}
	return devices.Internal
}

// errnoOf finds the error number, also where webcam has put it into words.
func errnoOf(err error) syscall.Errno {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	for _, errno := range []syscall.Errno{
		syscall.ENOENT, syscall.ENODEV, syscall.ENXIO, syscall.EACCES, syscall.EPERM, syscall.EBUSY, syscall.ENOTTY,
		syscall.EINVAL, syscall.EIO, syscall.EBADF, syscall.EPIPE, syscall.EPROTO,
	} {
		if strings.HasSuffix(err.Error(), ": "+errno.Error()) {
			return errno
		}
	}
	return 0
}
