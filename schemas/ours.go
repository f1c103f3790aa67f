package schemas

import "accord/stix"

// ourRules are about our two extensions (§ "Our STIX extensions" of the design).
var ourRules = []rule{
	{id: "CTX-EMPTY", grade: binding, layer: inSchema,
		en: "an activity context names territories, a category or norms",
		zh: "活动背景扩展至少给出地域、活动类别或规范之一"},
	{id: "CTX-TERRITORY", grade: binding, layer: inSchema,
		en: "a territory is a code of ISO 3166-1 alpha-2 in capitals",
		zh: "地域用大写的 ISO 3166-1 两字母代码表示"},
	{id: "CTX-NORM", grade: binding, layer: inSchema,
		en: "a norm is one of gge-2015-13a to gge-2015-13k, or a commitment of an agreement as AGREEMENT:COMMITMENT",
		zh: "规范取值为 gge-2015-13a 至 gge-2015-13k，或以“协议:承诺”形式引用某项协议的承诺"},
	{id: "COOP-WINDOW", grade: binding, layer: inCode,
		en: "the activity that a request is about does not end before it starts",
		zh: "协助请求所涉活动的 end_time 不得早于 start_time"},
	{id: "COOP-REQUEST", grade: binding, layer: inSchema,
		en: "an update names the request that it is about; only the terms of a server are about none",
		zh: "协助进展须以 request_ref 指明所属请求；只有服务器发布的 terms 不属于任何请求"},
	{id: "COOP-DESCRIPTION", grade: binding, layer: inSchema,
		en: "who asks, answers, updates or comments says so in a description",
		zh: "动作为 ask、answer、update、comment 时须有 description"},
	{id: "COOP-REASON", grade: binding, layer: inSchema,
		en: "who declines gives a reason; no other action has one",
		zh: "动作为 decline 时须有 reason，其他动作不得有"},
	{id: "COOP-RATING", grade: binding, layer: inSchema,
		en: "who rates gives a rating; no other action has one",
		zh: "动作为 rate 时须有 rating，其他动作不得有"},
	{id: "COOP-EXTENSION", grade: binding, layer: inCode, as: "EXT-06", check: checkAssistance,
		en: "a request and an update carry the extension that makes their types",
		zh: "协助请求和协助进展须带有定义其类型的扩展"},
}

// checkAssistance looks for the extension that makes our two types. An object
// of them without it is another's custom type of the same name, and nobody could
// say what it means.
func checkAssistance(s *subject) {
	if !ourType(s.Type) {
		return
	}
	extensions, present := s.value["extensions"].(map[string]any)
	if _, ours := extensions[string(stix.Assistance)]; present && !ours {
		s.foundAs("EXT-06", binding, "/extensions", "the extension %s is missing, which defines the type %s", string(stix.Assistance), s.Type)
	}
}

// ourType reports whether our extension makes a type.
func ourType(typ string) bool { return typ == "assistance-request" || typ == "assistance-update" }
