#pragma once
// MTA-STS (RFC 8461): which hosts may take a domain's mail, and how sure one has to be of them.
//
//     #include "posthouse/mta_sts/mta_sts.h"
#include "posthouse/mta_sts/cache.h"
#include "posthouse/mta_sts/fetch.h"
#include "posthouse/mta_sts/policies.h"
#include "posthouse/mta_sts/policy.h"
#include "posthouse/mta_sts/schema.h"
#include "posthouse/mta_sts/store_cache.h"
