-- Requests for wrk, by the environment: NUMGATE_BENCH_KIND get | put | batch, NUMGATE_BENCH_TOKEN, _NUMBERS, _ACCOUNTS, _CLOSE.
-- Every answer's status is looked at; one that is not 2xx is counted, and the caller refuses the figure.
local kind = os.getenv("NUMGATE_BENCH_KIND")
local numbers = tonumber(os.getenv("NUMGATE_BENCH_NUMBERS"))
local accounts = tonumber(os.getenv("NUMGATE_BENCH_ACCOUNTS"))
local version = "?api-version=2024-02-29-preview"
local first = 441600000000
local headers = { ["Authorization"] = "Bearer " .. os.getenv("NUMGATE_BENCH_TOKEN"), ["Content-Type"] = "application/json" }
if os.getenv("NUMGATE_BENCH_CLOSE") then headers["Connection"] = "close" end

local function account_of(at) return string.format("account%d", math.floor(at * accounts / numbers)) end

local function body_of(at, header)
  return string.format('{"telephoneNumber":"+%d","accountName":"%s","serviceDetails":{"zoomPhoneCloudPeering":{"enabled":true}},' ..
    '"configuration":{"customSipHeader":"%s"}}', first + at, account_of(at), header)
end

local makers = {
  get = function()
    local at = math.random(0, numbers - 1)
    return wrk.format("GET", string.format("/accounts/%s/numbers/+%d%s", account_of(at), first + at, version), headers)
  end,
  put = function()
    local at = math.random(0, numbers - 1)
    return wrk.format("PUT", string.format("/accounts/%s/numbers/+%d%s", account_of(at), first + at, version), headers,
      body_of(at, string.format("h%d", math.random(1, 1000000))))
  end,
  batch = function()
    local per = numbers / accounts
    local at = math.random(0, accounts - 1) * per + math.random(0, per / 100 - 1) * 100
    local items, header = {}, string.format("h%d", math.random(1, 1000000))
    for i = 0, 99 do items[#items + 1] = body_of(at + i, header) end
    return wrk.format("POST", string.format("/accounts/%s:createOrUpdateNumbers%s", account_of(at), version), headers,
      '{"numbers":[' .. table.concat(items, ",") .. "]}")
  end,
}

function init(args) math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000) end
request = makers[kind]
