#pragma once
// All of ManageSieve: the client, the server session, the back end's interface and the errors.
#include "posthouse/managesieve/client/client.h"
#include "posthouse/managesieve/server/backend.h"
#include "posthouse/managesieve/server/server.h"
#include "posthouse/managesieve/wire/error.h"
#include "posthouse/managesieve/wire/script_entry.h"
