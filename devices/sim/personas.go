package sim

import (
	"strings"

	"zhizhu/devices"
)

// Persona is an invented resident with a card. Nobody of these exists: the numbers are valid in form only.
type Persona struct {
	ID   string // for scripts: "chen-guilan"
	Name string // as on the card; foreigners without a Chinese name have their English one
	Card devices.Card
}

// Personas are the invented residents, old and young, of all four kinds of cards. Every call makes its own.
func Personas() []Persona {
	return []Persona{
		resident("chen-guilan", "陈桂兰", '2', "01", "1952-04-17", "441403195204170025",
			"广东省梅州市梅县区松口镇示范村一组8号", "2012-06-01", devices.LongTerm),
		resident("liu-agen", "刘阿根", '1', "01", "1941-11-02", "441403194111020015",
			"广东省梅州市梅县区南口镇演示村三组21号", "2009-03-12", devices.LongTerm),
		resident("zhong-xiumei", "钟秀梅", '2', "01", "1963-08-25", "441403196308250040",
			"广东省梅州市梅县区丙村镇样例村五组3号", "2016-08-25", "2036-08-25"),
		// The last character of the number is X.
		resident("li-jianguo", "李建国", '1', "01", "1958-10-01", "44140319581001003X",
			"广东省梅州市梅县区程江镇模拟路66号", "2011-01-20", devices.LongTerm),
		resident("lan-meifeng", "蓝美凤", '2', "22", "1979-02-14", "441403197902140068",
			"广东省梅州市梅县区畲江镇虚构村七组12号", "2019-05-06", "2039-05-06"),
		resident("huang-zhiqiang", "黄志强", '1', "01", "1988-12-30", "441403198812300018",
			"广东省梅州市梅县区新城办事处演示大道1号", "2018-12-30", "2038-12-30"),
		resident("zhang-xiaoyu", "张晓雨", '2', "01", "2003-05-19", "441403200305190045",
			"广东省梅州市梅县区雁洋镇测试村二组5号", "2021-07-08", "2031-07-08"),
		resident("xie-zihan", "谢梓涵", '1', "01", "2011-09-03", "441403201109030014",
			"广东省梅州市梅县区石扇镇示范村四组9号", "2023-02-01", "2028-02-01"),
		// A name that GBK doesn't have: 䶮 lies in CJK extension A.
		resident("wu-yan", "吴䶮", '1', "01", "1969-06-11", "441403196906110013",
			"广东省梅州市梅县区城东镇样例村六组17号", "2015-04-04", "2035-04-04"),
		// A surrogate pair: 𠮷 lies beyond the basic plane.
		resident("gu-jimei", "古𠮷美", '2', "01", "1974-01-23", "441403197401230022",
			"广东省梅州市梅县区隆文镇模拟村一组2号", "2014-01-23", "2034-01-23"),
		// 35 characters of address: the whole field, without one space of padding.
		resident("qiu-changsheng", "邱长生", '1', "01", "1947-07-07", "44140319470707003X",
			"广东省梅州市梅县区白渡镇很长很长的虚构地址村民委员会第十小组一百零九号", "2010-10-10", devices.LongTerm),
		resident("luo-hengfu", "罗恒福", '1', "01", "1961-03-15", "441403196103150011",
			"广东省梅州市梅县区桃尧镇演示村八组33号", "2013-03-15", "2033-03-15"),
		permit(), foreigner2017(), foreigner2023(),
	}
}

// FindPersona looks a persona up by id, by name, or by English name.
func FindPersona(key string) (Persona, bool) {
	for _, p := range Personas() {
		if key != "" && (p.ID == strings.ToLower(key) || p.Name == key || strings.EqualFold(p.Card.EnglishName, key)) {
			return p, true
		}
	}
	return Persona{}, false
}

func resident(id, name string, sex devices.Sex, nation, birth, number, address, from, to string) Persona {
	return Persona{ID: id, Name: name, Card: devices.Card{
		Type: devices.ResidentCard, Name: name, Sex: sex, Nation: nation, Birth: birth, Number: number,
		Address: address, Authority: "梅州市公安局梅县分局", ValidFrom: from, ValidTo: to,
	}}
}

func permit() Persona {
	return Persona{ID: "ho-kamwing", Name: "何錦榮", Card: devices.Card{
		Type: devices.ResidencePermit, Name: "何錦榮", Sex: '1', Birth: "1972-05-28", Number: "810000197205280011",
		Address: "广东省梅州市梅县区新城办事处虚构花园2栋", Authority: "梅州市公安局梅县分局",
		ValidFrom: "2023-03-01", ValidTo: "2028-03-01", PassNumber: "H00000000", IssueCount: "01",
	}}
}

func foreigner2017() Persona {
	return Persona{ID: "anna-example", Name: "安娜", Card: devices.Card{
		Type: devices.Foreigner2017, Name: "安娜", EnglishName: "EXAMPLE, ANNA MARIA", Sex: '2', Birth: "1985-10-21",
		Number: "XXA440085102105", Nationality: "XXA", Authority: "4400", ValidFrom: "2018-06-15", ValidTo: "2028-06-15",
	}}
}

func foreigner2023() Persona {
	return Persona{ID: "john-sample", Name: "约翰", Card: devices.Card{
		Type: devices.Foreigner2023, Name: "约翰", EnglishName: "SAMPLE, JOHN WILLIAM ALEXANDER THE YOUNGER", Sex: '1', Renewals: "00",
		Birth: "1978-04-09", Number: "944999197804090010", Nationality: "XXA", ValidFrom: "2024-02-02", ValidTo: "2034-02-02",
		FormerNumber: "000",
	}}
}
