// Package client speaks TAXII 2.1 with any server: it finds a collection,
// pushes objects into it and pulls objects out of it.
//
//	c, err := client.New(client.Config{Server: "https://taxii.example/", Token: token})
//	collection, err := c.Collection(ctx, "us-cn/activity-from-cn")
//	result, err := collection.Push(ctx, stix.NewReader(file, stix.File, stix.DefaultLimits), client.PushOptions{})
//
// Whatever a busy server asks to have repeated is repeated: 429 and 503, and 502
// and 504 of a proxy, are answered with patience, as long as Retry-After says,
// and an answer that breaks off is asked for again. Both are safe, because posting an
// object that is already there is no error in TAXII and a page is handed on only
// when it is whole. Credentials are sent to the host of Config.Server and nowhere
// else.
package client
