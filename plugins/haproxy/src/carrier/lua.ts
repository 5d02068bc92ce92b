import type { Paths } from './paths.ts';

/** What HAProxy's own rules can't do. Each is called for the few requests that need it, never for a plain one. */
export function luaFor(paths: Paths): string {
  return `local headers = Map.new("${paths.maps.headers}", Map._str)
local routes = Map.new("${paths.maps.routes}", Map._beg)
local holds = Map.new("${paths.maps.holds}", Map._str)

-- Headers that the route sets on each answer of the service, in place of its own.
core.register_action("containr_headers", { "http-res" }, function(txn)
  local id = txn:get_var("txn.id")
  for at = 0, 49 do
    local line = headers:lookup(id .. "/" .. at)
    if line == nil then return end
    local name, value = string.match(line, "^(%S+)%s?(.*)$")
    txn.http:res_set_header(name, value)
  end
end)

-- Looks for the route anew: it may be another after a request has waited.
local function look(txn)
  local route = routes:lookup(txn:get_var("txn.key"))
  if route == nil then return nil, "" end
  local backend, id, flags = string.match(route, "^([^|]*)|([^|]*)|([^|]*)")
  txn:set_var("txn.backend", backend)
  txn:set_var("txn.id", id)
  txn:set_var("txn.flags", flags)
  return id, flags
end

-- Requests that wait for the next table, up to a moment; then the route is as it says by then.
core.register_action("containr_hold", { "http-req" }, function(txn)
  while true do
    local id, flags = look(txn)
    if not string.find(flags, "W", 1, true) then return end
    -- None: the route was changed between the two looks, and is looked for again.
    local moment = holds:lookup(id)
    local now = core.now()
    if moment ~= nil and tonumber(moment) <= now.sec * 1000 + now.usec / 1000 then return end
    core.msleep(20)
  end
end)

-- Headers that the client lists as those of its connection go no further.
local kept = { ["content-length"] = true, upgrade = true, host = true, connection = true }
core.register_action("containr_listed", { "http-req" }, function(txn)
  local connection = txn.http:req_get_headers()["connection"]
  if connection == nil then return end
  local names = {}
  for _, value in pairs(connection) do
    for name in string.gmatch(string.lower(value), "[^,%s]+") do names[#names + 1] = name end
  end
  for _, name in ipairs(names) do
    if not kept[name] then txn.http:req_del_header(name) end
  end
end)

-- Whether a name and password are right is known by who keeps this HAProxy; what was right is remembered in a map.
core.register_action("containr_door", { "http-req" }, function(txn)
  local authorization = txn.http:req_get_headers()["authorization"]
  txn:set_var("txn.passage", "refused")
  if authorization == nil or authorization[0] == nil then return end
  local socket = core.tcp()
  socket:settimeout(30)
  if not socket:connect("unix@${paths.door}") then
    txn:set_var("txn.passage", "busy")
    return
  end
  socket:send(txn:get_var("txn.door") .. " " .. txn.c:base64(authorization[0]) .. "\\n")
  txn:set_var("txn.passage", socket:receive("*l") or "busy")
  socket:close()
  look(txn)
end)
`;
}
