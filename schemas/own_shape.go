package schemas

import (
	"encoding/json"
	"math/big"
	"slices"
)

// What the values of keywords look like (JSON Schema draft 7, Validation §6).

func isJSONNumber(v any) bool {
	number, ok := v.(json.Number)
	return ok && isDouble(string(number))
}

func isFactor(v any) bool {
	n, ok := rational(v)
	return ok && n.Sign() > 0
}

func isCount(v any) bool {
	n, ok := rational(v)
	return ok && n.IsInt() && n.Sign() >= 0
}

func rational(v any) (*big.Rat, bool) {
	if !isJSONNumber(v) {
		return nil, false
	}
	return new(big.Rat).SetString(string(v.(json.Number)))
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

func isBoolean(v any) bool {
	_, ok := v.(bool)
	return ok
}

func isTypeOrTypes(v any) bool {
	isType := func(v any) bool {
		name, ok := v.(string)
		return ok && slices.Contains(jsonTypes, name)
	}
	return isType(v) || isFilled(v) && isListOf(v, isType)
}

func isListOf(v any, is func(any) bool) bool {
	list, ok := v.([]any)
	return ok && !slices.ContainsFunc(list, func(element any) bool { return !is(element) })
}

func isNames(v any) bool { return isListOf(v, isText) }

func isFilled(v any) bool {
	list, _ := v.([]any)
	return len(list) > 0
}

func isSchema(v any) bool {
	_, ok := v.(map[string]any)
	return ok || isBoolean(v)
}

func isSchemas(v any) bool { return isFilled(v) && isListOf(v, isSchema) }

func isSchemaByName(v any) bool { return isByName(v, isSchema) }

func isNeeds(v any) bool {
	return isByName(v, func(v any) bool { return isSchema(v) || isNames(v) })
}

func isByName(v any, is func(any) bool) bool {
	members, ok := v.(map[string]any)
	for _, member := range members {
		if !is(member) {
			return false
		}
	}
	return ok
}
