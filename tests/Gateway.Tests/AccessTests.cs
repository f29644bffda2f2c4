using System.Text.Json;

namespace WhatsApp.Gateway.Tests;

public sealed class AccessTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    [Theory, InlineData("/"), InlineData("/healthz"), InlineData("/readyz")]
    public async Task The_front_door_is_open(string path) => Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, path, key: null)).Status);

    [Theory]
    [InlineData("GET", "/instances"), InlineData("POST", "/instances"), InlineData("GET", "/instances/a"), InlineData("GET", "/instances/a/qr")]
    [InlineData("GET", "/instances/a/status"), InlineData("POST", "/instances/a/restart"), InlineData("POST", "/instances/a/sendMessage"), InlineData("DELETE", "/instances/a")]
    [InlineData("GET", "/v1/instances"), InlineData("GET", "/no/such/route"), InlineData("PUT", "/instances"), InlineData("POST", "/")]
    public async Task Everything_else_needs_a_key(string method, string path)
    {
        foreach (var key in new[] { null, "wrong", TestGateway.AdminKey + "x", new string('k', 5000) })
        {
            var answer = (await gateway.SendAsync(new HttpMethod(method), path, key: key)).IsProblem(401, "unauthorized");
            Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        }
    }

    [Theory]
    [InlineData("Authorization", "Bearer " + TestGateway.AdminKey), InlineData("Authorization", "bearer " + TestGateway.AdminKey)]
    [InlineData("X-API-Key", TestGateway.AdminKey), InlineData("x-api-key", TestGateway.AdminKey), InlineData("apikey", TestGateway.AdminKey)]
    public async Task A_key_is_taken_from_any_of_three_headers(string header, string value) =>
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, "/instances", key: null, headers: (header, value))).Status);

    [Theory]
    [InlineData("Authorization", "Basic " + TestGateway.AdminKey), InlineData("Authorization", TestGateway.AdminKey), InlineData("X-API-Key", " "), InlineData("apikey", "")]
    public async Task Other_forms_are_no_key(string header, string value) =>
        (await gateway.SendAsync(HttpMethod.Get, "/instances", key: null, headers: (header, value))).IsProblem(401, "unauthorized");

    [Fact]
    public async Task The_token_of_an_instance_opens_that_instance_alone()
    {
        var (mine, _, token) = await gateway.CreateAsync();
        var (other, _, _) = await gateway.CreateAsync();
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, $"/instances/{mine}/status", key: token)).Status);
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, $"/v1/instances/{mine}", key: token)).Status);
        Assert.Equal("read", (await gateway.SendAsync(HttpMethod.Get, $"/instances/{other}/status", key: token)).IsProblem(403, "forbidden")["requiredScope"]);
        (await gateway.SendAsync(HttpMethod.Delete, $"/instances/{other}", key: token)).IsProblem(403, "forbidden");
        (await gateway.SendAsync(HttpMethod.Get, $"/instances/{mine.ToUpperInvariant()}/status", key: token)).IsProblem(403, "forbidden");
        Assert.Equal("admin", (await gateway.SendAsync(HttpMethod.Get, "/instances", key: token)).IsProblem(403, "forbidden")["requiredScope"]);
        (await gateway.SendAsync(HttpMethod.Post, "/instances", new { }, token)).IsProblem(403, "forbidden");

        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Delete, $"/instances/{mine}", key: token)).Status);
    }

    [Fact]
    public async Task The_front_page_lists_the_endpoints_and_no_secret()
    {
        var page = await gateway.SendAsync(HttpMethod.Get, "/", key: null);
        Assert.Equal(("whatsapp-cluster", "ok"), (page["name"], page["status"]));
        var endpoints = page.Json.GetProperty("endpoints").EnumerateArray().Select(endpoint => $"{endpoint.GetProperty("method")} {endpoint.GetProperty("path")}").ToList();
        Assert.Equal(endpoints.Distinct(), endpoints);
        foreach (var route in new[] { "GET /", "POST /instances", "GET /instances", "GET /instances/{id}/qr", "GET /instances/{id}/status", "POST /instances/{id}/sendMessage", "POST /instances/{id}/restart", "DELETE /instances/{id}" })
            Assert.Contains(route, endpoints);
        Assert.All(page.Json.GetProperty("endpoints").EnumerateArray(), endpoint => Assert.Equal(JsonValueKind.String, endpoint.GetProperty("description").ValueKind));
        Assert.DoesNotContain(TestGateway.AdminKey, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_names_its_request()
    {
        Assert.Equal("my-id-1", (await gateway.SendAsync(HttpMethod.Get, "/", key: null, headers: ("X-Request-Id", "my-id-1"))).Headers.GetValues("X-Request-Id").Single());
        Assert.Equal("my-id-2", (await gateway.GetAsync("/instances/none/status", ("X-Request-Id", "my-id-2"))).IsProblem(404, "instance-not-found")["requestId"]);
        var made = (await gateway.GetAsync("/", ("X-Request-Id", new string('x', 200)))).Headers.GetValues("X-Request-Id").Single();
        Assert.Matches("^[0-9a-f]{24}$", made);
    }
}
