#pragma once
// The milter protocol, the mail server's side: a filter asked about connections and messages, its answers as values.
//
//     #include "posthouse/milter/milter.h"
#include "posthouse/milter/apply/apply.h"
#include "posthouse/milter/client/client.h"
#include "posthouse/milter/client/message_feed.h"
#include "posthouse/milter/error.h"
