/* SPDX-License-Identifier: MIT */
/* An addon of node's: a function that says how many arguments it got. */
#include <node_api.h>

static napi_value count(napi_env env, napi_callback_info info)
{
	size_t n = 0;
	napi_value value = NULL;

	napi_get_cb_info(env, info, &n, NULL, NULL, NULL);
	napi_create_uint32(env, (uint32_t)n, &value);
	return value;
}

NAPI_MODULE_INIT()
{
	napi_value function = NULL;

	napi_create_function(env, "count", NAPI_AUTO_LENGTH, count, NULL, &function);
	return function;
}
