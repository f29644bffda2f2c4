using System.Net.Http.Json;
using System.Text.Json;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>What an instance does by itself when its settings say so.</summary>
public sealed class BehaviourTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private async Task SetAsync(object settings)
    {
        using var response = await shop.Product.Gateway.Http.PatchAsJsonAsync("/instances/shop", new { settings });
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Messages_are_read_by_themselves_when_told_to()
    {
        var ana = shop.Product.AddPhone("Ana");
        await SetAsync(new { autoRead = true });
        var id = ana.SendText(shop.Phone.PhoneNumber, "read me");
        await ana.WaitForReceiptAsync(receipt => receipt.MessageId == id && receipt.Type == "read", default).WaitAsync(Patience);
        await SetAsync(new { autoRead = false });
    }

    [Fact]
    public async Task The_account_is_shown_as_available_when_told_to()
    {
        var ana = shop.Product.AddPhone("Ana");
        ana.WatchPresence(shop.Phone.PhoneNumber);
        await SetAsync(new { alwaysOnline = true });
        await ana.WaitForSignalAsync(signal => signal.State == "available", default).WaitAsync(Patience);
        await SetAsync(new { alwaysOnline = false });
        await ana.WaitForSignalAsync(_ => ana.Signals[^1].State == "unavailable", default).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_call_is_told_and_refused_with_a_message_when_told_to()
    {
        var (bia, ana) = (shop.Product.AddPhone("Bia"), shop.Product.AddPhone("Ana"));
        var untouched = bia.Call(shop.Phone.PhoneNumber);
        var told = await shop.EventAsync("call.received", data => Text(data, "callId") == untouched);
        Assert.Equal((bia.PhoneNumber, bia.Jid.ToString(), false), (Text(told, "phoneNumber"), Text(told, "from"), told.GetProperty("autoRejected").GetBoolean()));
        bia.EndCall(shop.Phone.PhoneNumber, untouched);
        await shop.EventAsync("call.ended", data => Text(data, "callId") == untouched);

        await SetAsync(new { rejectCalls = true, rejectCallMessage = "Please write instead" });
        var refused = ana.Call(shop.Phone.PhoneNumber, video: true);

        await ana.WaitForCallAsync(call => call.CallId == refused && call.Signal == "reject", default).WaitAsync(Patience);
        await ana.WaitForMessageAsync(message => message.Text == "Please write instead", default).WaitAsync(Patience);
        told = await shop.EventAsync("call.received", data => Text(data, "callId") == refused);
        Assert.True(told.GetProperty("autoRejected").GetBoolean() && told.GetProperty("isVideo").GetBoolean());
        await SetAsync(new { rejectCalls = false });
        Assert.Equal(0, shop.Product.Network.Stats.Violations);
    }
}
