#pragma once
// All of POP3: the client, the server session, the back end's interface and the errors.
#include "posthouse/pop3/backend.h"
#include "posthouse/pop3/client.h"
#include "posthouse/pop3/error.h"
#include "posthouse/pop3/server.h"
