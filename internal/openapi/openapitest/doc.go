// Package openapitest holds a surface against its OpenAPI document: every
// exchange of every test of the API (Watch), the routes of the engine (Routes),
// the file of the repository (Current), and every way in which a request can be
// wrong before anybody looks at it (Refusals).
package openapitest
