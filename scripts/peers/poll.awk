# Makes n indicators of 790 bytes, one a line, always the same.
BEGIN {
  srand(1)
  for (i = 0; i < n; i++) {
    head = sprintf("{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--%08x-%04x-4%03x-8%03x-%012x\"," \
      "\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\",\"name\":\"Command server %d\"," \
      "\"indicator_types\":[\"malicious-activity\"],\"pattern\":\"[ipv4-addr:value = '198.51.100.%d']\",\"pattern_type\":\"stix\"," \
      "\"valid_from\":\"2026-01-01T00:00:00Z\",\"description\":\"", \
      rand() * 2147483647, rand() * 65535, rand() * 4095, rand() * 4095, i, i, i % 256)
    text = ""
    while (length(head) + length(text) < 788) text = text sprintf("Seen at %04x in a mail; ", rand() * 65535)
    print head substr(text, 1, 788 - length(head)) "\"}"
  }
}
