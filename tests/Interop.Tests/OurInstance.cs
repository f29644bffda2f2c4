using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Interop.Tests;

/// <summary>One of our instances, linked to a phone of its own and open.</summary>
internal sealed class OurInstance
{
    /// <summary>Push name of the phones our instances are linked to.</summary>
    public const string OwnerName = "Our owner";

    private readonly OurService _service;

    private OurInstance(OurService service, string id, VirtualPhone phone, Jid device) => (_service, Id, Phone, Device) = (service, id, phone, device);

    /// <summary>Instance id.</summary>
    public string Id { get; }
    /// <summary>The phone it is linked to.</summary>
    public VirtualPhone Phone { get; }
    /// <summary>Its address.</summary>
    public Jid Device { get; }
    /// <summary>The account others write to.</summary>
    public string Address => Phone.Jid.ToString();

    /// <summary>
    /// Its account by hidden id. A conversation goes on quicker here: both libraries keep a session per address form, so that our answer (by LID)
    /// to what they sent by number is asked for again, by Baileys after five seconds.
    /// </summary>
    public string Lid => Phone.Lid.ToString();

    /// <summary>Creates an instance, lets a new phone scan its QR, and waits until it is open.</summary>
    public static async Task<OurInstance> LinkAsync(OurService service, SandboxNetwork network)
    {
        var phone = network.AddPhone(LinkedClient.NewNumber(), OwnerName);
        var id = "interop-" + phone.PhoneNumber;
        await service.CallAsync(HttpMethod.Post, "/instances", new { instanceId = id, webhook = new { url = service.Inbox.Url, events = new[] { "*" } } });
        var qr = await service.CallAsync(HttpMethod.Get, $"/instances/{id}/qr?wait=25");
        var device = await phone.ScanAsync(qr.GetProperty("qr").GetString()!);
        var instance = new OurInstance(service, id, phone, device);
        await instance.UntilOpenAsync();
        return instance;
    }

    /// <summary>Waits until the status is open.</summary>
    public async Task UntilOpenAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        while ((await _service.CallAsync(HttpMethod.Get, $"/instances/{Id}/status")).GetProperty("status").GetString() != "open")
            await Task.Delay(50, limit.Token);
    }

    /// <summary>Sends a text and gives its message id, once the server has accepted it.</summary>
    public async Task<string> SendTextAsync(string to, string text)
    {
        var answer = await _service.CallAsync(HttpMethod.Post, $"/instances/{Id}/sendMessage", new { to, message = text });
        Assert.Equal("server_ack", answer.GetProperty("status").GetString());
        return answer.GetProperty("messageId").GetString()!;
    }

    /// <summary>Sends over an endpoint to a client's number and gives the message id, once the server has accepted it.</summary>
    public Task<string> SendAsync(string endpoint, LinkedClient to, object fields) => SendAsync(endpoint, to.Phone.PhoneNumber, fields);

    /// <summary>The same to any address.</summary>
    public async Task<string> SendAsync(string endpoint, string to, object fields)
    {
        var body = JsonSerializer.SerializeToNode(fields)!.AsObject();
        body["to"] = to;
        var answer = await _service.CallAsync(HttpMethod.Post, $"/instances/{Id}/{endpoint}", body);
        Assert.Equal("server_ack", answer.GetProperty("status").GetString());
        return answer.GetProperty("messageId").GetString()!;
    }

    /// <summary>The webhook that tells of a received message.</summary>
    public Task<JsonElement> WaitForMessageAsync(string messageId) => WaitAsync("message.received", data => data.GetProperty("messageId").GetString() == messageId);

    /// <summary>The webhook that tells of a received text.</summary>
    public Task<JsonElement> WaitForTextAsync(string text) => WaitAsync("message.received", data => data.GetProperty("text").GetString() == text);

    /// <summary>The webhook that tells of a state of a sent message.</summary>
    public Task<JsonElement> WaitForAckAsync(string messageId, string status) => WaitAsync("message.ack", data =>
        data.GetProperty("status").GetString() == status && data.GetProperty("messageIds").EnumerateArray().Any(id => id.GetString() == messageId));

    /// <summary>The data of the first event of this name, past or future, that fits.</summary>
    public Task<JsonElement> WaitAsync(string name, Func<JsonElement, bool> fits) => _service.Inbox.WaitAsync(Id, name, fits);
}
