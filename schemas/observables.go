package schemas

import (
	"slices"
	"strings"
)

// observableRules are about single observables (STIX 2.1 §6).
var observableRules = []rule{
	{id: "OBJ-ARTIFACT-1", grade: binding, layer: inSchema, section: "6.1",
		en: "an artifact has either payload_bin or url", zh: "artifact 必须有且仅有 payload_bin 和 url 之一"},
	{id: "OBJ-ARTIFACT-2", grade: binding, layer: inSchema, section: "6.1.1",
		en: "an artifact with a url has hashes", zh: "带有 url 的 artifact 必须有 hashes"},
	{id: "OBJ-ARTIFACT-3", grade: binding, layer: inSchema, section: "6.1.1",
		en: "decryption_key stands with encryption_algorithm only", zh: "仅当有 encryption_algorithm 时才可带有 decryption_key"},
	{id: "OBJ-ARTIFACT-4", grade: binding, layer: inCode, section: "6.1.1",
		en: "the url of an artifact is a URL with its scheme (RFC 3986)", zh: "artifact 的 url 是带有协议名的 URL（RFC 3986）"},
	{id: "OBJ-ARTIFACT-5", grade: advice, layer: inCode, section: "6.1.1",
		en: "mime_type is a media type", zh: "mime_type 宜为 IANA 媒体类型"},
	{id: "OBJ-DOMAIN-NAME-1", grade: binding, layer: inCode, section: "6.4.1",
		en: "the value of a domain name is one, without scheme, port, path or wildcard; labels with an underscore are better avoided", zh: "domain-name 的 value 为域名，不含协议名、端口、路径或通配符；标签中不宜有下划线"},
	{id: "OBJ-EMAIL-ADDR-1", grade: binding, layer: inCode, section: "6.5.1",
		en: "the value of an e-mail address is an addr-spec of RFC 5322, without a display name", zh: "email-addr 的 value 为 RFC 5322 的 addr-spec，不含显示名"},
	{id: "OBJ-EMAIL-MESSAGE-1", grade: binding, layer: inSchema, section: "6.6.1",
		en: "an e-mail message of several parts has no body", zh: "is_multipart 为 true 的 email-message 不得带有 body"},
	{id: "OBJ-EMAIL-MESSAGE-2", grade: binding, layer: inSchema, section: "6.6.1",
		en: "an e-mail message of one part has no body_multipart", zh: "is_multipart 为 false 的 email-message 不得带有 body_multipart"},
	{id: "OBJ-EMAIL-MESSAGE-3", grade: binding, layer: inSchema, section: "6.6.1",
		en: "each additional header field of an e-mail message is a list of strings, even if it is there once", zh: "additional_header_fields 的每个值都是字符串列表，即使该字段只出现一次"},
	{id: "OBJ-EMAIL-MESSAGE-4", grade: binding, layer: inSchema, section: "6.6.2",
		en: "each part of an e-mail message has body or body_raw_ref", zh: "邮件的每个部分至少有 body 或 body_raw_ref 之一"},
	{id: "OBJ-FILE-1", grade: binding, layer: inSchema, section: "6.7",
		en: "a file has a name or hashes", zh: "file 至少有 hashes 或 name 之一"},
	{id: "OBJ-FILE-2", grade: binding, layer: inSchema, section: "3.1", as: "NAM-04",
		en: "name_enc stands with name only", zh: "仅当有 name 时才可带有 name_enc"},
	{id: "OBJ-IPV4-ADDR-1", grade: binding, layer: inSchema, section: "6.8.1",
		en: "the value of an IPv4 address is one address or one block in CIDR notation, without leading zeros", zh: "ipv4-addr 的 value 为一个 IPv4 地址或 CIDR 地址块，各段无前导零"},
	{id: "OBJ-IPV6-ADDR-1", grade: binding, layer: inSchema, section: "6.9.1",
		en: "the value of an IPv6 address is one address or one block in CIDR notation, without a zone", zh: "ipv6-addr 的 value 为一个 IPv6 地址或 CIDR 地址块，不带区域标识"},
	{id: "OBJ-MAC-ADDR-1", grade: binding, layer: inSchema, section: "6.10.1",
		en: "the value of a MAC address is six lower-case hexadecimal octets joined by colons", zh: "mac-addr 的 value 为以冒号连接的六组两位小写十六进制数"},
	{id: "OBJ-NETWORK-TRAFFIC-1", grade: binding, layer: inSchema, section: "6.12",
		en: "network traffic has src_ref or dst_ref", zh: "network-traffic 至少有 src_ref 或 dst_ref 之一"},
	{id: "OBJ-NETWORK-TRAFFIC-2", grade: binding, layer: inSchema, section: "6.12.1",
		en: "network traffic that is active has no end", zh: "is_active 为 true 的 network-traffic 不得带有 end"},
	{id: "OBJ-NETWORK-TRAFFIC-3", grade: binding, layer: inCode, section: "6.12.1",
		en: "end of network traffic is not before start", zh: "network-traffic 的 end 不早于 start"},
	{id: "OBJ-NETWORK-TRAFFIC-4", grade: advice, layer: inCode, section: "6.12",
		en: "network traffic has src_port and dst_port", zh: "network-traffic 宜有 src_port 和 dst_port"},
	{id: "OBJ-NETWORK-TRAFFIC-5", grade: advice, layer: inCode, section: "6.12.1", check: checkProtocols,
		en: "protocols are service names of IANA, among them the protocol of each predefined extension", zh: "protocols 宜为 IANA 服务名，并包括所带各预定义扩展的协议"},
	{id: "OBJ-PROCESS-1", grade: binding, layer: inSchema, section: "6.13",
		en: "a process has at least one property of its own, or an extension", zh: "process 至少有一个其自身的属性或一个扩展"},
	{id: "OBJ-SOFTWARE-1", grade: binding, layer: inCode, section: "6.14.1",
		en: "cpe is a formatted string of CPE 2.3", zh: "cpe 为 CPE 2.3 格式化字符串"},
	{id: "OBJ-SOFTWARE-2", grade: binding, layer: inCode, section: "6.14.1",
		en: "each of the languages of software is a language tag of RFC 5646", zh: "software 的 languages 各项均为 RFC 5646 语言标签"},
	{id: "OBJ-URL-1", grade: binding, layer: inCode, section: "6.15.1",
		en: "the value of a URL is one, with its scheme (RFC 3986)", zh: "url 的 value 为带有协议名的 URL（RFC 3986）"},
	{id: "OBJ-USER-ACCOUNT-1", grade: binding, layer: inSchema, section: "6.16",
		en: "a user account has at least one property of its own, or an extension", zh: "user-account 至少有一个其自身的属性或一个扩展"},
	{id: "OBJ-WINDOWS-REGISTRY-KEY-1", grade: binding, layer: inSchema, section: "6.17",
		en: "a registry key has at least one property of its own", zh: "windows-registry-key 至少有一个其自身的属性"},
	{id: "OBJ-WINDOWS-REGISTRY-KEY-2", grade: binding, layer: inCode, section: "6.17.1",
		en: "the hive of a registry key is spelled in full", zh: "注册表项的根键写全称，不用缩写"},
	{id: "OBJ-WINDOWS-REGISTRY-KEY-3", grade: binding, layer: inSchema, section: "6.17.2",
		en: "each value of a registry key has a name, data or data_type", zh: "注册表项的每个值至少有 name、data 或 data_type 之一"},
	{id: "OBJ-X509-CERTIFICATE-1", grade: binding, layer: inSchema, section: "6.18",
		en: "a certificate has at least one property of its own", zh: "x509-certificate 至少有一个其自身的属性"},
	{id: "OBJ-X509-CERTIFICATE-2", grade: binding, layer: inSchema, section: "6.18.2",
		en: "x509_v3_extensions has at least one of its properties", zh: "x509_v3_extensions 至少有一个其定义的属性"},
}

// checkProtocols looks at the names of protocols, and for those that go with
// the predefined extensions.
func checkProtocols(s *subject) {
	if s.Type != "network-traffic" {
		return
	}
	protocols := s.list("protocols")
	for i, v := range protocols {
		if protocol, ok := v.(string); ok && !isIANAService(protocol) && !s.full(ruleOf("OBJ-NETWORK-TRAFFIC-5"), advice) {
			s.found("OBJ-NETWORK-TRAFFIC-5", at("/protocols", i), "protocols[%d] is %s; a lower-case service name of IANA such as %s is advised", i, short(protocol), short("https"))
		}
	}
	if len(protocols) == 0 {
		return // GEN-02 or GEN-04
	}
	for _, extension := range s.extensions() {
		if want := predefined[extension.name].protocol; want != "" && !containsFold(protocols, want) {
			s.found("OBJ-NETWORK-TRAFFIC-5", "/protocols", "protocols has no %s; it is advised with the extension %s", short(want), extension.name)
		}
	}
}

// containsFold reports whether a text stands in a list, in any case.
func containsFold(list []any, want string) bool {
	return slices.ContainsFunc(list, func(v any) bool {
		text, ok := v.(string)
		return ok && strings.EqualFold(text, want)
	})
}
