#pragma once
// All of posthouse::http.
#include "posthouse/http/client/client.h"
#include "posthouse/http/error.h"
#include "posthouse/http/wire/message.h"
#include "posthouse/http/wire/request_octets.h"
#include "posthouse/http/wire/response_parser.h"
#include "posthouse/http/wire/url.h"
