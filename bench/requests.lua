-- Requests for wrk, by the environment: NUMGATE_BENCH_KIND get | put | batch, NUMGATE_BENCH_TOKEN, _NUMBERS, _ACCOUNTS, _CLOSE, _SYNCED.
-- Put together by hand, since the generator shares the cores with what it measures. wrk counts answers that are not 2xx; the
-- caller refuses the figure then.
local kind = os.getenv("NUMGATE_BENCH_KIND")
local numbers = tonumber(os.getenv("NUMGATE_BENCH_NUMBERS"))
local accounts = tonumber(os.getenv("NUMGATE_BENCH_ACCOUNTS"))
local first = 441600000000
local per = numbers / accounts
local head = "?api-version=2024-02-29-preview HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " .. os.getenv("NUMGATE_BENCH_TOKEN") ..
  "\r\n" .. (os.getenv("NUMGATE_BENCH_CLOSE") and "Connection: close\r\n" or "")
local typed = head .. "Content-Type: application/json\r\nContent-Length: "
local random, format, floor, concat = math.random, string.format, math.floor, table.concat

local service = os.getenv("NUMGATE_BENCH_SYNCED") and "teamsOperatorConnect" or "zoomPhoneCloudPeering"

local function item(at, header)
  return format('{"telephoneNumber":"+%d","accountName":"account%d","serviceDetails":{"%s":{"enabled":true}},' ..
    '"configuration":{"customSipHeader":"%s"}}', first + at, floor(at / per), service, header)
end

local makers = {
  get = function()
    local at = random(0, numbers - 1)
    return format("GET /accounts/account%d/numbers/+%d", floor(at / per), first + at) .. head .. "\r\n"
  end,
  put = function()
    local at = random(0, numbers - 1)
    local body = item(at, format("h%d", random(1, 1000000)))
    return format("PUT /accounts/account%d/numbers/+%d", floor(at / per), first + at) .. typed .. #body .. "\r\n\r\n" .. body
  end,
  batch = function()
    local account = random(0, accounts - 1)
    local at = account * per + random(0, per / 100 - 1) * 100
    local items, header = {}, format("h%d", random(1, 1000000))
    for i = 0, 99 do items[i + 1] = item(at + i, header) end
    local body = '{"numbers":[' .. concat(items, ",") .. "]}"
    return format("POST /accounts/account%d:createOrUpdateNumbers", account) .. typed .. #body .. "\r\n\r\n" .. body
  end,
}

function init() math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000) end
request = makers[kind]
