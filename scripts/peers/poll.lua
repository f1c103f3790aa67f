-- Asks for the addresses in a file one after the other, each thread for its own.
local threads, paths, at = {}, {}, 0

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
  for _, t in ipairs(threads) do t:set("of", #threads) end
end

function init()
  for path in io.lines(os.getenv("ACCORD_BENCH_PATHS")) do
    table.insert(paths, wrk.format("GET", path))
  end
end

function request()
  local path = paths[(at * of + number) % #paths + 1]
  at = at + 1
  return path
end
