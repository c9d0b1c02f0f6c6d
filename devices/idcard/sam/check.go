package sam

// CheckDigit is the last character of an 18-digit number, by its first 17 digits (GB 11643, ISO 7064 MOD 11-2).
// It also holds for residence permits (81, 82, 83) and foreigners' numbers of 2023 (9). 0 when first17 is no 17 digits.
func CheckDigit(first17 string) byte {
	if len(first17) != 17 || !digits(first17) {
		return 0
	}
	sum, weight := 0, 1
	for i := len(first17) - 1; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(first17[i]-'0') * weight
	}
	return "10X98765432"[sum%11]
}

// CheckDigit2017 is the last digit of a foreigner's 15-character number of 2017, by its first 14 (weights 7-3-1 as in
// passports, A is 10). 0 when first14 is no such text.
func CheckDigit2017(first14 string) byte {
	if len(first14) != 14 {
		return 0
	}
	sum := 0
	for i := range len(first14) {
		var v int
		switch c := first14[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		default:
			return 0
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}

// UpgradeNumber turns an old resident number of 15 digits into its 18 digits; "" when it is none.
func UpgradeNumber(s string) string {
	if len(s) != 15 || !digits(s) {
		return ""
	}
	s = s[:6] + "19" + s[6:]
	return s + string(CheckDigit(s))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
