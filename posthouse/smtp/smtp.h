#pragma once
// All of SMTP, client and server: for programs that like one include.
#include "posthouse/smtp/backend.h"
#include "posthouse/smtp/client.h"
#include "posthouse/smtp/envelope.h"
#include "posthouse/smtp/error.h"
#include "posthouse/smtp/reply.h"
#include "posthouse/smtp/server.h"
#include "posthouse/smtp/session.h"
