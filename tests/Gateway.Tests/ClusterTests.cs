using System.Text.Json;

namespace WhatsApp.Gateway.Tests;

/// <summary>GET /cluster: who owns what.</summary>
public sealed class ClusterTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    [Fact]
    public async Task It_shows_the_one_silo_of_an_embedded_service_and_what_it_owns()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        var node = (await gateway.GetAsync($"/instances/{id}"))["node"];
        var answer = await gateway.GetAsync("/cluster");
        // Under load the silo or the database may be late with its part.
        for (var tries = 0; tries < 300 && IsLate(answer); tries++)
            answer = await gateway.GetAsync("/cluster");

        Assert.Equal((200, "embedded"), (answer.Status, answer["mode"]));
        Assert.Equal(JsonValueKind.String, answer.Json.GetProperty("at").ValueKind);
        Assert.Equal(1, answer.Json.GetProperty("gateway").GetProperty("connectedSilos").GetInt32());
        var silo = Assert.Single(answer.Json.GetProperty("silos").EnumerateArray());
        Assert.Equal((node, "active"), (silo.GetProperty("node").GetString(), silo.GetProperty("status").GetString()));
        Assert.Equal(JsonValueKind.String, silo.GetProperty("startedAt").ValueKind);
        Assert.InRange(silo.GetProperty("instances").GetProperty("owned").GetInt32(), 1, int.MaxValue);
        Assert.InRange(silo.GetProperty("instances").GetProperty("open").GetInt32(), 1, int.MaxValue);
        Assert.InRange(silo.GetProperty("epochs").GetProperty("highest").GetInt64(), 1, long.MaxValue);
        Assert.InRange(silo.GetProperty("epochs").GetProperty("claims").GetInt64(), 1, long.MaxValue);
        Assert.InRange(silo.GetProperty("process").GetProperty("memoryBytes").GetInt64(), 1, long.MaxValue);
        Assert.Equal(0, silo.GetProperty("backlog").GetProperty("events").GetInt32());
        Assert.Equal(0, answer.Json.GetProperty("totals").GetProperty("withoutOwner").GetInt32());
        Assert.Equal(JsonValueKind.Null, answer.Json.GetProperty("lag").GetProperty("oldestEventSeconds").ValueKind);
        Assert.Empty(answer.Json.GetProperty("moves").EnumerateArray());
        Assert.DoesNotContain("5511", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(TestGateway.AdminKey, answer.Text, StringComparison.Ordinal);
    }

    private static bool IsLate(Answer answer) => answer.Status == 503 || answer["storage"] == "unreachable" || answer.Json.GetProperty("silos")[0].GetProperty("version").ValueKind == JsonValueKind.Null;

    [Fact]
    public async Task It_is_for_administrators_only()
    {
        var (_, _, token) = await gateway.CreateAsync();
        (await gateway.SendAsync(HttpMethod.Get, "/cluster", key: null)).IsProblem(401, "unauthorized");
        Assert.Equal("admin", (await gateway.SendAsync(HttpMethod.Get, "/cluster", key: token)).IsProblem(403, "forbidden")["requiredScope"]);
        (await gateway.GetAsync("/cluster?moves=201")).IsProblem(422, "validation-failed", "/moves");
    }
}
