package keyring

// Provider is what wraps the station key.
type Provider string

// Providers.
const (
	Plain      Provider = "plain"
	TPM        Provider = "tpm"
	Systemd    Provider = "systemd"
	Passphrase Provider = "passphrase"
)

// Known says whether there is such a provider.
func (p Provider) Known() bool { return p.Strength() != "" }

// Strength says honestly what the provider withstands, for the README.
func (p Provider) Strength() string {
	switch p {
	case Plain:
		return "Obfuscation. Whoever copies the data file, a back-up or a support bundle has nothing; whoever takes the disk has the key."
	case TPM:
		return "The disk alone, in another machine, is worth nothing: the key opens with this mainboard's TPM only. A stolen whole " +
			"machine that starts by itself opens it by itself, too; a PIN prevents that (the TPM itself limits the tries, so six " +
			"digits are enough), at the price of somebody typing it after every power cut. The key is not bound to the boot state: " +
			"who may boot another system on this machine can ask its TPM, unless there is a PIN."
	case Systemd:
		return "As strong as the host key of systemd-creds: with a TPM like tpm without a PIN; without one the host key lies on the " +
			"same disk, which is obfuscation."
	case Passphrase:
		return "As strong as the passphrase: Argon2id makes each try cost 64 MiB and about 0.2 s. Six digits fall in two days on one " +
			"computer; six random words never. A passphrase file is as safe as the place where it lies: on the same disk it is obfuscation."
	}
	return ""
}

// Words says the same to staff, in short.
func (p Provider) Words() string {
	switch p {
	case Plain:
		return "明文存放：只防拷贝数据文件和备份，不防整块硬盘被拿走"
	case TPM:
		return "由本机 TPM 芯片保护：硬盘单独拿走无法读取；整机被拿走时，没有设 PIN 仍能自动打开"
	case Systemd:
		return "由 systemd 凭据保护：有 TPM 时与 TPM 相当，没有 TPM 时等于明文"
	case Passphrase:
		return "由口令保护：强度取决于口令；口令文件放在同一块硬盘上等于明文"
	}
	return "未知的保护方式"
}
