package main

import "zhizhu/devices"

// a4State names a state, for staff or for programs.
func a4State(s devices.State, staff bool) string {
	words := map[devices.State][2]string{
		devices.Unknown: {"unknown", "说不准，可以试打"}, devices.Ready: {"ready", "正常"}, devices.Busy: {"busy", "正在打印"},
		devices.Missing: {"missing", "没有连上"}, devices.Faulty: {"faulty", "有故障"},
	}
	return pick(words[s], staff)
}

func a4Paper(p devices.Paper, staff bool) string {
	words := map[devices.Paper][2]string{
		devices.PaperUnknown: {"unknown", "不知道"}, devices.PaperOK: {"ok", "有"}, devices.PaperLow: {"low", "快用完了"},
		devices.PaperEnd: {"end", "用完了"},
	}
	return pick(words[p], staff)
}

func pick(w [2]string, staff bool) string {
	if staff {
		return w[1]
	}
	return w[0]
}

// a4Reason says to staff what is wrong and what to do.
func a4Reason(k devices.Kind) string {
	words := map[devices.Kind]string{
		devices.OK:           "",
		devices.NoPort:       "打印服务 CUPS 没有运行（systemctl status cups）",
		devices.NoPermission: "没有权限使用打印服务",
		devices.NotFound:     "没有这个打印队列（lpstat -e 列出已有的；lpadmin -d 设默认队列）",
		devices.HungUp:       "打印机没有开机，或线没有插好",
		devices.Silent:       "打印服务或打印机没有回应，请关机再开机",
		devices.Garbled:      "回应看不懂，这可能不是打印服务",
		devices.PaperOut:     "没有纸，请加 A4 纸",
		devices.PaperJam:     "卡纸，请打开机盖取出",
		devices.CoverOpen:    "机盖没有关好",
		devices.InkOut:       "墨粉用完，或废粉盒满了",
		devices.Paused:       "队列被停用（cupsenable、cupsaccept 可以恢复）",
		devices.Stalled:      "打印机不收数据，请看它的面板",
		devices.Cancelled:    "被取消了",
		devices.BadDocument:  "文件不是能打印的 PDF",
	}
	if w, ok := words[k]; ok {
		return w
	}
	return k.String()
}
