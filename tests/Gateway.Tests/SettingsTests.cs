using System.Text.Json;

namespace WhatsApp.Gateway.Tests;

public sealed class SettingsTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    private static JsonElement Settings(Answer answer) => answer.Json.GetProperty("settings");

    [Fact]
    public async Task Settings_are_given_at_creation_and_shown()
    {
        var id = "i-" + Guid.NewGuid().ToString("N");
        var body = new { instanceId = id, settings = new { groupsIgnore = true, alwaysOnline = true, autoRead = true, rejectCalls = true, rejectCallMessage = "write", deviceName = "Edge (Windows)" } };
        Assert.Equal(201, (await gateway.PostAsync("/instances", body)).Status);
        Assert.Equal(200, (await gateway.PostAsync("/instances", body)).Status);

        var shown = Settings(await gateway.GetAsync($"/instances/{id}"));

        foreach (var name in new[] { "groupsIgnore", "alwaysOnline", "autoRead", "rejectCalls" })
            Assert.True(shown.GetProperty(name).GetBoolean());
        Assert.Equal(("write", "Edge (Windows)"), (shown.GetProperty("rejectCallMessage").GetString(), shown.GetProperty("deviceName").GetString()));
    }

    [Fact]
    public async Task A_change_keeps_the_rest_reaches_the_device_and_survives_a_restart()
    {
        var (id, device, _) = await gateway.CreateAsync();
        await PatchAsync(new { settings = new { autoRead = true, rejectCallMessage = "write" }, metadata = new { customer = "42" } });
        var answer = await PatchAsync(new { settings = new { rejectCalls = true } });

        var shown = Settings(answer);
        Assert.True(shown.GetProperty("autoRead").GetBoolean() && shown.GetProperty("rejectCalls").GetBoolean());
        Assert.Equal("""{"customer":"42"}""", answer.Json.GetProperty("metadata").GetRawText());
        Assert.Equal((true, true, "write", false), (device.Behaviour!.AutoRead, device.Behaviour.RejectCalls, device.Behaviour.RejectCallMessage, device.Behaviour.AlwaysOnline));
        Assert.Contains((await gateway.GetAsync("/instances?metadata.customer=42")).Json.GetProperty("items").EnumerateArray(), item => item.GetProperty("instanceId").GetString() == id);
        Assert.Equal(JsonValueKind.Null, Settings(await PatchAsync(new { settings = new { rejectCallMessage = (string?)null } })).GetProperty("rejectCallMessage").ValueKind);

        await gateway.StopAsync();
        await gateway.StartAsync();
        Assert.True(Settings(await gateway.GetAsync($"/instances/{id}")).GetProperty("rejectCalls").GetBoolean());
        Assert.True((await gateway.Devices.DeviceAsync(id, 2)).Definition.Request.Settings.AutoRead);

        async Task<Answer> PatchAsync(object body)
        {
            var patched = await gateway.SendAsync(HttpMethod.Patch, $"/instances/{id}", body);
            Assert.True(patched.Status == 200, patched.Text);
            return patched;
        }
    }

    [Theory, InlineData("""{"settings":{"autoRead":"yes"}}""", "/settings/autoRead"), InlineData("""{"settings":[]}""", "/settings"), InlineData("""{"metadata":{"a":1}}""", "/metadata/a")]
    public async Task What_is_no_setting_is_refused_with_its_place(string body, string pointer)
    {
        var (id, _, _) = await gateway.CreateAsync();
        (await gateway.SendAsync(HttpMethod.Patch, $"/instances/{id}", body)).IsProblem(422, "validation-failed", pointer);
    }

    [Fact]
    public async Task An_unknown_instance_cannot_be_changed() =>
        (await gateway.SendAsync(HttpMethod.Patch, "/instances/nobody", new { })).IsProblem(404, "instance-not-found");

    [Fact]
    public async Task The_number_of_a_code_is_asked_for_again_by_the_next_process_and_creating_stays_safe_to_repeat()
    {
        var (id, device, _) = await gateway.CreateAsync();
        await device.ShowQrAsync("2@x");
        Assert.Equal(200, (await gateway.PostAsync($"/instances/{id}/pair", new { phoneNumber = "5511900000077" })).Status);
        Assert.Equal(200, (await gateway.PostAsync("/instances", new { instanceId = id })).Status);

        await gateway.StopAsync();
        await gateway.StartAsync();

        Assert.Equal("5511900000077", (await gateway.Devices.DeviceAsync(id, 2)).Definition.Request.WantedNumber);
    }
}
