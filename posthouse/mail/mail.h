#pragma once
// Addresses, domains and rights to mailboxes as values; the one address grammar of the envelope.
#include "posthouse/mail/address.h"
#include "posthouse/mail/domain.h"
#include "posthouse/mail/dsn.h"
#include "posthouse/mail/error.h"
#include "posthouse/mail/local_part.h"
#include "posthouse/mail/path.h"
#include "posthouse/mail/rights.h"
#include "posthouse/mail/srs.h"
