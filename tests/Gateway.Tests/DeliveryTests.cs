using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Gateway.Tests;

public sealed class DeliveryTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    [Fact]
    public async Task Events_that_were_given_up_are_listed_and_sent_again()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerStatus(500);
        var (id, device, _) = await gateway.CreateAsync(webhook: new { url = receiver.Url, events = new[] { "message.received" }, retries = new { maxAttempts = 1 } });
        await device.ReceiveAsync("one");
        await device.ReceiveAsync("two");
        await Eventually.TrueAsync(async () => (await gateway.GetAsync($"/instances/{id}/deliveries?state=dead")).Json.GetProperty("items").GetArrayLength() == 2, "given up");
        var first = await gateway.GetAsync($"/instances/{id}/deliveries?limit=1");
        var second = await gateway.GetAsync($"/instances/{id}/deliveries?limit=1&cursor={first["nextCursor"]}");
        Assert.Null(second["nextCursor"]);
        var dead = second.Json.GetProperty("items")[0];
        Assert.Equal(("message.received", "w1", 1), (dead.GetProperty("event").GetString(), dead.GetProperty("endpointId").GetString(), dead.GetProperty("attempts").GetInt32()));

        receiver.AnswerStatus(200);
        var eventId = dead.GetProperty("id").GetString();
        Assert.Equal((202, "1"), (await gateway.PostAsync($"/instances/{id}/deliveries/{eventId}/replay")) is var answer ? (answer.Status, answer["endpoints"]) : default);

        Assert.Equal(eventId, (await receiver.WaitAsync(3))[2].Id);
        await Eventually.TrueAsync(async () => (await gateway.GetAsync($"/instances/{id}/deliveries")).Json.GetProperty("items").GetArrayLength() == 1, "one left");
        (await gateway.PostAsync($"/instances/{id}/deliveries/{eventId}/replay")).IsProblem(404, "delivery-not-found");
    }

    [Fact]
    public async Task What_is_no_list_is_refused()
    {
        var (id, _, _) = await gateway.CreateAsync();
        (await gateway.GetAsync($"/instances/{id}/deliveries?state=alive")).IsProblem(422, "validation-failed");
        (await gateway.GetAsync($"/instances/{id}/deliveries?cursor=x")).IsProblem(422, "validation-failed");
        (await gateway.GetAsync("/instances/nobody/deliveries")).IsProblem(404, "instance-not-found");
    }

    [Fact]
    public async Task The_key_of_a_deleted_instance_is_worth_nothing_at_once()
    {
        var (id, _, token) = await gateway.CreateAsync();
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, $"/instances/{id}", key: token)).Status);
        Assert.Equal(200, (await gateway.DeleteAsync($"/instances/{id}")).Status);
        (await gateway.SendAsync(HttpMethod.Get, $"/instances/{id}", key: token)).IsProblem(401, "unauthorized");
    }
}
