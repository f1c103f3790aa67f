package server

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// load reads settings from a file, an environment and a command line.
func load(t *testing.T, file string, env map[string]string, args ...string) (*Config, error) {
	t.Helper()
	if file != "" {
		path := filepath.Join(t.TempDir(), "accord.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	s := newSettings(flags)
	s.env = func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return s.load()
}

func TestFlagBeatsEnvironmentBeatsFile(t *testing.T) {
	const file = "listen: 127.0.0.1:1\nmax_limit: 11\ndefault_limit: 1\nagreement: [a.yaml, b.yaml]\n"
	env := map[string]string{"ACCORD_LISTEN": "127.0.0.1:2", "ACCORD_MAX_LIMIT": "22"}
	cfg, err := load(t, file, env, "--listen", "127.0.0.1:3")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != "127.0.0.1:3" || cfg.MaxLimit != 22 || cfg.DefaultLimit != 1 {
		t.Errorf("listen %s, max_limit %d, default_limit %d; want 127.0.0.1:3 of the flag, 22 of the environment, 1 of the file",
			cfg.Listen, cfg.MaxLimit, cfg.DefaultLimit)
	}
	if want := []string{"a.yaml", "b.yaml"}; !slices.Equal(cfg.Agreements, want) {
		t.Errorf("agreement = %q; want %q", cfg.Agreements, want)
	}
	cfg, err = load(t, file, map[string]string{"ACCORD_AGREEMENT": "c.yaml,d.yaml"}, "--agreement", "e.yaml", "--agreement", "f.yaml")
	if want := []string{"e.yaml", "f.yaml"}; err != nil || !slices.Equal(cfg.Agreements, want) {
		t.Errorf("agreement = %q, %v; want %q: a list is replaced whole", cfg.Agreements, err, want)
	}
}

// Every key can be given in each of the three ways (DESIGN, "Surfaces").
func TestEveryFlagIsAKey(t *testing.T) {
	cfg := Defaults()
	cfg.flags().VisitAll(func(f *pflag.Flag) {
		value := f.DefValue
		if f.Value.Type() == "stringSlice" {
			value = "[]"
		}
		if _, err := load(t, key(f)+": "+value+"\n", nil); err != nil {
			t.Errorf("the file doesn't take the key %s: %v", key(f), err)
		}
	})
}

// P10, TX-DT-03, TX-DISC-03: what is refused, each fault beginning with its key.
func TestConfigFaults(t *testing.T) {
	for _, tc := range []struct {
		name, file string
		want       []string // parts of the message, "" for no fault
	}{
		{"empty file", " \n", nil},
		{"unknown key with its line", "listen: 127.0.0.1:1\nlissen: x\n", []string{"line 2", "lissen"}},
		{"key twice", "data: a\ndata: b\n", []string{"line 2", "data"}},
		{"wrong type", "max_limit: many\n", []string{"line 1", "many"}},
		{"no mapping", "- a\n", []string{"line 1"}},
		{"P10 plain HTTP off loopback", "listen: 0.0.0.0:6100\n", []string{"listen: ", "--tls-cert cert.pem --tls-key key.pem", "--tls-self-signed", "--behind-proxy --trusted-proxies 192.0.2.10 --public-url https://"}},
		{"P10 TLS with a certificate", "listen: 0.0.0.0:6100\ntls_cert: c.pem\ntls_key: k.pem\n", nil},
		{"P10 TLS with a certificate of its own", "listen: 0.0.0.0:6100\ntls_self_signed: true\n", nil},
		{"certificate without key", "tls_cert: c.pem\n", []string{"tls_key: ", "tls_cert"}},
		{"key without certificate", "tls_key: k.pem\n", []string{"tls_cert: ", "tls_key"}},
		{"two certificates", "tls_self_signed: true\ntls_cert: c.pem\ntls_key: k.pem\n", []string{"tls_self_signed: "}},
		{"clients' certificates without TLS", "tls_client_ca: ca.pem\n", []string{"tls_client_ca: ", "tls_self_signed"}},
		{"clients' certificates behind a proxy", "tls_client_ca: ca.pem\ntls_self_signed: true\nbehind_proxy: true\npublic_url: https://accord.example\n", []string{"tls_client_ca: ", "behind_proxy"}},
		{"TX-DISC-03 plain public URL of a server that speaks TLS", "tls_self_signed: true\npublic_url: http://127.0.0.1\n", []string{"public_url: ", "https://"}},
		{"P10 proxies", "trusted_proxies: [192.0.2.10, 2001:db8::/64]\n", nil},
		{"P10 proxy by name", "trusted_proxies: [192.0.2.10, proxy.example]\n", []string{"trusted_proxies: ", `"proxy.example"`}},
		{"P10 everybody is a proxy", "trusted_proxies: ['::/0']\n", []string{"trusted_proxies: ", `"::/0"`, "every address"}},
		{"P10 proxy with a zone", "trusted_proxies: ['fe80::1%eth0']\n", []string{"trusted_proxies: ", "fe80::1%eth0"}},
		{"P10 prefix in two spellings", "trusted_proxies: ['::ffff:192.0.2.0/120']\n", []string{"trusted_proxies: ", "IPv4"}},
		{"P10 every interface", "listen: :6100\n", []string{"listen: "}},
		{"P10 a name may lead anywhere", "listen: accord.example:6100\n", []string{"listen: "}},
		{"P10 proxy without its address", "listen: 0.0.0.0:6100\nbehind_proxy: true\n", []string{"behind_proxy: ", "https://"}},
		{"P10 proxy with a plain address", "behind_proxy: true\npublic_url: http://127.0.0.1\n", []string{"behind_proxy: "}},
		{"proxy declared", "listen: 0.0.0.0:6100\nbehind_proxy: true\npublic_url: https://accord.example/\n", nil},
		{"loopback of IPv6", "listen: '[::1]:6100'\n", nil},
		{"localhost", "listen: localhost:6100\n", nil},
		{"no port", "listen: 127.0.0.1\n", []string{"listen: "}},
		{"port too large", "listen: 127.0.0.1:65536\n", []string{"listen: ", "65536"}},
		{"no folder", "data: ''\n", []string{"data: "}},
		{"TX-DT-03 2^53", "max_content_length: 9007199254740992\n", []string{"max_content_length: "}},
		{"TX-DT-03 2^53-1", "max_content_length: 9007199254740991\n", nil},
		{"zero bytes", "max_content_length: 0\n", []string{"max_content_length: "}},
		{"page above the limit", "default_limit: 20\nmax_limit: 10\n", []string{"default_limit: "}},
		{"no page", "max_limit: 0\n", []string{"max_limit: ", "default_limit: "}},
		{"TX-DISC-03 plain public URL", "public_url: http://accord.example\n", []string{"public_url: ", "https"}},
		{"TX-DISC-03 query", "public_url: https://accord.example/?a\n", []string{"public_url: "}},
		{"TX-URL-01 path", "public_url: https://accord.example/taxii2/\n", []string{"public_url: "}},
		{"no URL", "public_url: accord.example\n", []string{"public_url: "}},
		{"store of another kind", "store: postgres:x\n", []string{"store: ", "sqlite:PATH", "mongodb://HOST/DATABASE"}},
		{"MongoDB", "store: mongodb://user:secret@db.example/accord\n", nil},
		{"P10 MongoDB with a slip", "store: mongdb://user:secret@db.example/accord\n", []string{"store: ", "mongodb://HOST/DATABASE"}},
		{"P10 MongoDB with a slip in the password", "store: mongodb://user:secret%zz@db.example/accord\n", []string{"store: "}},
		{"P10 MongoDB without a host", "store: mongodb://user:secret@/accord\n", []string{"store: "}},
		{"P10 a URI for a folder", "data: mongodb://user:secret@db.example/accord\n", []string{"data: ", "--store"}},
		{"metrics for all", "metrics_listen: 0.0.0.0:1\n", []string{"metrics_listen: "}},
		{"no metrics", "metrics_listen: off\n", nil},
		{"TX-SEC-02 no pushes", "max_pushes: 0\nmax_connections: -1\n", []string{"max_pushes: ", "max_connections: "}},
		{"TX-SEC-02 rates", "rate_requests: -1\nrate_bytes: .inf\n", []string{"rate_requests: -1", "rate_bytes: ", "0 for no bound"}},
		{"TX-SEC-02 no number", "rate_requests: .nan\n", []string{"rate_requests: "}},
		{"TX-SEC-02 a request in two seconds", "rate_requests: 0.5\nrate_bytes: 1e6\n", nil},
		{"no such time", "audit_retention: soon\n", []string{"audit_retention: ", "soon", "90d"}},
		{"negative time", "audit_retention: -5h\n", []string{"audit_retention: ", "-5h"}},
		{"for ever", "audit_retention: 0\n", nil},
		{"log", "log_format: xml\nlog_level: loud\n", []string{"log_format: ", "log_level: "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := load(t, tc.file, nil)
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("load(%q) = %v; want a fault: %v", tc.file, err, tc.want != nil)
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("load(%q) = %v; want it to name %q", tc.file, err, part)
				}
			}
			if err != nil && (exitCode(err) != exitUsage || strings.Contains(err.Error(), "secret")) {
				t.Errorf("load(%q) = %v, exit code %d; want 2 and no password", tc.file, err, exitCode(err))
			}
		})
	}
}

func TestEnvironmentFault(t *testing.T) {
	_, err := load(t, "", map[string]string{"ACCORD_MAX_LIMIT": "many", "ACCORD_BEHIND_PROXY": "perhaps"})
	for _, part := range []string{"max_limit: ", "ACCORD_MAX_LIMIT", "behind_proxy: ", "ACCORD_BEHIND_PROXY"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("load = %v; want it to name %s", err, part)
		}
	}
	_, err = load(t, "", map[string]string{"ACCORD_TRUSTED_PROXIES": `a"b`})
	if err == nil || strings.Count(err.Error(), "trusted_proxies: ") != 1 {
		t.Errorf("load of a list with a quotation mark = %v; want one fault", err)
	}
}
