-- Requests of wrk, for a random person each time. Arguments: ROUTE PEOPLE GROUPS PREFIX.
local json = { ["content-type"] = "application/json", authorization = "Bearer " .. (os.getenv("BENCH_SECRET") or "") }
local route, people, groups, prefix

function init(args)
  route, people, groups, prefix = args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  math.randomseed(os.time() + math.floor(os.clock() * 1000000))
end

function request()
  local n = math.random(0, people - 1)
  if route == "me" then
    -- As many people as have a page open: the hub is asked for each of them every half minute.
    n = n % 1000
    local token = string.format("token of-u%06d", n)
    return wrk.format("GET", prefix .. "api/v1/me", { authorization = token })
  end
  local user = string.format("u%06d", n)
  if route == "form" then
    return wrk.format("POST", prefix .. "api/v1/hub/form", json, '{"protocol":1,"user":"' .. user .. '"}')
  end
  if route == "resolve" then
    -- The preset of the person's first project, as people.rs puts them into projects.
    local body = '{"protocol":1,"user":"%s","options":{"preset":"p%04d","values":{"cores":%d,"walltime":"4h"}}}'
    return wrk.format("POST", prefix .. "api/v1/hub/resolve", json, string.format(body, user, 40 + n * 7 % (groups - 40), 1 + n % 8))
  end
  return wrk.format("POST", "/" .. route, json, '{"protocol":1,"user":"' .. user .. '"}')
end

function done(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d,"refused":%d,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    summary.errors.status, errors))
end
