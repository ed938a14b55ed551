#pragma once
// All of POP3: the client, the server session, the back end's interface and the errors.
#include "posthouse/pop3/client/client.h"
#include "posthouse/pop3/server/backend.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/pop3/wire/error.h"
