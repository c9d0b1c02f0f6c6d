package health

import "zhizhu/devices"

// trouble is what staff read about one kind of device trouble.
type trouble struct{ text, todo string }

// troubleOf returns the words for a trouble; every kind has some.
func troubleOf(k devices.Kind) trouble {
	words := map[devices.Kind]trouble{
		devices.Unconfigured: {"配置文件里没有写端口", "在配置文件里写上这个设备的端口，再重新启动。"},
		devices.NoPort:       {"端口不存在", "检查数据线是否插好，设备是否通电；再核对配置文件里的端口名。"},
		devices.NotFound:     {"所有端口都找过了，没有找到这个设备", "检查设备是否通电、数据线是否插好；插好后会自动找到。"},
		devices.InUse:        {"端口被别的程序占用", "关掉占用端口的程序，或重新启动机器。"},
		devices.NoPermission: {"没有权限打开端口", "把运行本程序的用户加入 dialout 组，再重新启动机器。"},
		devices.WrongDevice:  {"这个端口上接的是别的设备", "多半是两根数据线插反了，请对调；或在配置文件里改端口，写 auto 会自动找。"},
		devices.PaperJam:     {"卡纸了", "打开盖子，顺着走纸的方向把纸慢慢拉出来，合上盖子。"},
		devices.InkOut:       {"墨粉用完了", "换上同型号的粉盒。"},
		devices.Paused:       {"打印队列停着", "打印机没毛病的话，在“打印机设置”里恢复打印。"},
		devices.BadDocument:  {"要打印的文件不对", "请报告技术支持。"},
		devices.Silent:       {"端口打开了，设备没有回答", "检查设备电源和波特率，关掉设备等 10 秒再打开。"},
		devices.HungUp:       {"设备被拔掉了", "把数据线插回去，会自动恢复。"},
		devices.Garbled:      {"收到的数据看不懂", "多半是波特率不对，或端口接了别的设备，请核对。"},
		devices.SelfTest:     {"设备自检没通过", "关掉设备电源等 10 秒再打开；还不行就要更换。"},
		devices.Unauthorised: {"安全模块没有授权", "联系读卡器供应商。"},
		devices.PaperOut:     {"没纸了", "换上新纸卷，热敏面朝外，合上盖子。"},
		devices.CoverOpen:    {"盖子没合上", "合上打印机盖子，听到“咔”一声。"},
		devices.CutterJam:    {"切刀卡住了", "打开盖子，取出卡住的纸，关掉电源再打开。"},
		devices.Stalled:      {"设备不再接收数据", "检查设备是否缺纸、卡住，关掉电源等 10 秒再打开。"},
	}
	if w, ok := words[k]; ok {
		return w
	}
	return trouble{"出了故障", "关掉设备电源等 10 秒再打开；还不行请报告技术支持。"}
}
