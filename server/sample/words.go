package sample

// A campaign is a story that indicators, sightings and a report tell parts of.
type campaign struct {
	malware     string // name of the family
	malwareType string
	category    string // activity_category
	norm        string // norm_refs
	title       string
	titleZH     string
	text        string
	textZH      string
}

var campaigns = []campaign{
	{"TIN KETTLE", "remote-access-trojan", "commercial-ip-theft", "gge-2015-13c",
		"Design files taken from turbine makers", "涡轮机制造商的设计文件被窃取",
		"Mail with a false tender opens a door through which design files leave at night.", "攻击者以虚假招标邮件打开后门，并在夜间外传设计文件。"},
	{"PAPER LANTERN", "ransomware", "extortion", "gge-2015-13f",
		"Hospitals blackmailed after a stolen password", "医院因密码被盗遭到勒索",
		"One stolen password of a supplier led into four hospitals; their files were encrypted within two hours.", "供应商的一个密码被盗后，四家医院遭到入侵，文件在两小时内被加密。"},
	{"RIVER STONE", "bot", "botnet-infrastructure", "gge-2015-13c",
		"Routers at home turned into a botnet", "家用路由器被组成僵尸网络",
		"Routers with an old image pass on commands for attacks on name servers.", "使用旧固件的路由器转发针对域名服务器的攻击指令。"},
	{"COLD HARBOUR", "spyware", "personal-data-theft", "gge-2015-13e",
		"Travellers' data copied from a booking system", "订票系统中的旅客数据被复制",
		"A booking system sent a copy of each passenger record to an address outside.", "订票系统把每条旅客记录的副本发送到外部地址。"},
	{"GREY HERON", "wiper", "critical-infrastructure", "gge-2015-13f",
		"Control rooms of water works probed", "自来水厂控制室遭到探测",
		"The same tool looked for open remote desktops in the control rooms of eleven water works.", "同一工具在十一家自来水厂的控制室中寻找开放的远程桌面。"},
	{"SILK PURSE", "backdoor", "financial-fraud", "gge-2015-13d",
		"Payment orders changed on their way", "付款指令在途中被篡改",
		"A backdoor in an accounting program changed the account number of large orders.", "会计软件中的后门篡改了大额付款指令的账号。"},
	{"QUICK BROOM", "ddos", "service-disruption", "gge-2015-13f",
		"Ticket sales of a railway held up for a day", "铁路售票系统中断一天",
		"Requests from some forty thousand addresses stopped the sale of tickets.", "来自约四万个地址的请求使售票中断。"},
	{"PLUM BLOSSOM", "dropper", "phishing", "gge-2015-13c",
		"False customs notices collect passwords", "虚假海关通知骗取密码",
		"A notice about a parcel leads to a page that looks like the customs office and asks for a password.", "包裹通知把收件人引向仿冒海关的页面并索要密码。"},
}

// Parts of invented domain names.
var (
	nameHeads = []string{"mail", "update", "cloud", "portal", "login", "cdn", "files", "static", "news", "secure"}
	nameTails = []string{"kettle", "harbour", "lantern", "heron", "brook", "willow", "granite", "orchid", "meadow", "falcon"}
)
