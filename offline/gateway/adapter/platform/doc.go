// Package platform hands cases on to a platform's URL and fetches its answers there.
//
// It must never know the store, the terminals, or when to try again.
//
// # What the platform must offer under its URL
//
//	POST cases                  body: adapter.Case as JSON. Idempotency-Key is the case's id, Content-Digest its SM3
//	                            (sm3=:<base64>:), X-Signature the gateway's SM2 signature (base64) over
//	                            "zhizhu-case-1\n<id>\n<SM3 of the body, hex>\n".
//	                            200 or 201 with JSON {"id": <the same id>, "note": <its own number>} once the platform has
//	                            it on disk. Anything else is no "yes": also not a friendly page that a proxy answers with.
//	                            400, 409, 413, 415, 422: this case will not be had. All else: not now.
//	GET answers?limit=N         JSON {"answers": [wire.Letter with an "id"], "more": bool}, oldest first: those that were
//	                            neither taken nor refused
//	POST answers/{id}/taken     the letter is in the terminals' mailboxes; it must not come again. 2xx
//	POST answers/{id}/refused   body {"reason": …}: it can't be delivered ever; somebody must look at it. 2xx
//
// Every request carries the bearer token, if one is set up, and the client certificate. Redirects are not followed: they
// would carry matters to where nobody meant them to go.
package platform
