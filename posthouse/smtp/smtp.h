#pragma once
// All of SMTP, client and server: for programs that like one include.
#include "posthouse/smtp/client/client.h"
#include "posthouse/smtp/server/backend.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/server/session.h"
#include "posthouse/smtp/wire/envelope.h"
#include "posthouse/smtp/wire/error.h"
#include "posthouse/smtp/wire/reply.h"
