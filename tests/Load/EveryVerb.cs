using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Clusters;
using WhatsApp.Sandbox.Network;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Load;

/// <summary>
/// Walks through the REST routes that call grains, once each, through one gateway against an instance of a known silo: the walk from an old gateway to a new silo and
/// back crosses every contract. What is not answered with success (after "busy, again") is a problem in words.
/// </summary>
internal sealed class EveryVerb(TestCluster cluster, HttpClient gateway, VirtualPhone friend, string label)
{
    private const int MostRefusals = 30;
    // One black pixel.
    private const string Picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    private readonly List<string> _problems = [];

    /// <summary>How many answers were asked for.</summary>
    public int Asked { get; private set; }

    /// <summary>How many of them were "busy, again".</summary>
    public int Busy { get; private set; }

    /// <summary>What went wrong; empty = nothing.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Everything one can do with an instance that stays.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="phone">Its phone.</param>
    public async Task WalkAsync(string id, VirtualPhone phone)
    {
        var path = "/instances/" + id;
        await GetAsync("/instances?limit=5", path, path + "/status", path + "/queue", path + "/deliveries?state=dead", path + "/lid-mappings", path + $"/contacts/{friend.PhoneNumber}");
        await SettingsAsync(path);
        var text = await SendsAsync(path);
        await MessageAsync(path, text);
        await ChatAsync(path, phone);
        await QueueAsync(path);
        await GroupAsync(path, phone);
    }

    /// <summary>The life of an instance from its creation to its end.</summary>
    public async Task LifeAsync(string id)
    {
        var path = "/instances/" + id;
        var phone = cluster.AddPhone(id);
        try
        {
            await cluster.LinkAsync(gateway, id, phone, "connection.open", "message.received");
            friend.SendText(phone.PhoneNumber, $"hello {id}");
            await cluster.UntilAsync(() => Task.FromResult(cluster.Inbox.Texts.Contains($"hello {id}")), $"{id} has its text at the webhook");
            await PostAsync(path + "/sendMessage", new { to = friend.PhoneNumber, message = $"hello from {id}" });
            var since = cluster.Network.Connections.Now;
            await PostAsync(path + "/restart", new { });
            await cluster.UntilAsync(() => Task.FromResult(cluster.Network.Connections.Since(since).Any(step => step.Step == ConnectionStepKind.Active && step.PhoneNumber == phone.PhoneNumber)), $"{id} is open after its restart");
            await AskAsync(HttpMethod.Delete, path, null);
            await cluster.UntilAsync(() => Task.FromResult(phone.Companions.Count == 0), $"the phone of {id} has no companion");
            using var gone = await gateway.GetAsync(new Uri(path, UriKind.Relative));
            if (gone.StatusCode != HttpStatusCode.NotFound)
                Fail($"GET {path} after its end", $"{(int)gone.StatusCode}");
        }
        catch (Exception error) when (error is TimeoutException or InvalidOperationException)
        {
            Fail($"life of {id}", error.Message.Split('\n')[0]);
        }
    }

    private async Task SettingsAsync(string path)
    {
        await AskAsync(HttpMethod.Patch, path, new { settings = new { rejectCalls = true, rejectCallMessage = label, autoRead = false }, metadata = new { walk = label } });
        var after = await AskAsync(HttpMethod.Get, path, null);
        if (!after.TryGetProperty("metadata", out var metadata) || !metadata.TryGetProperty("walk", out var walk) || walk.GetString() != label)
            Fail("PATCH " + path, "metadata does not read back");
    }

    // Returns the id of a text.
    private async Task<string> SendsAsync(string path)
    {
        var to = friend.PhoneNumber;
        var text = await PostAsync(path + "/sendMessage", new { to, message = $"text {label}" });
        await PostAsync(path + "/sendImage", new { to, base64 = Picture, caption = label });
        await PostAsync(path + "/sendFile", new { to, base64 = Picture, fileName = "pixel.png", mimetype = "image/png" });
        await PostAsync(path + "/sendLocation", new { to, latitude = 1.5, longitude = 2.5, name = label });
        await PostAsync(path + "/sendContact", new { to, contactName = label, contactNumber = "+5511900000000" });
        var poll = await PostAsync(path + "/sendPoll", new { to, name = label, options = new[] { "yes", "no" } });
        await PostAsync($"{path}/messages/{poll}/vote", new { options = new[] { "yes" } });
        await PostAsync(path + "/sendToLid", new { lid = friend.Lid.User, message = $"by lid {label}" });
        await PostAsync(path + "/sendReaction", new { to, messageId = text, emoji = "👍" });
        var upload = await AskAsync(HttpMethod.Post, path + "/media", new { base64 = Picture });
        if (upload.TryGetProperty("mediaId", out var mediaId))
            await PostAsync(path + "/sendImage", new { to, mediaId = mediaId.GetString() });
        return text;
    }

    private async Task MessageAsync(string path, string text)
    {
        await GetAsync($"{path}/messages/{text}");
        await AskAsync(HttpMethod.Patch, $"{path}/messages/{text}", new { message = $"edited {label}" });
        await PostAsync($"{path}/messages/{text}/pin", new { pin = true });
        await PostAsync($"{path}/messages/{text}/forward", new { to = friend.PhoneNumber });
        await AskAsync(HttpMethod.Delete, $"{path}/messages/{text}", null);
        await cluster.UntilAsync(() => Task.FromResult(friend.Messages.Any(message => message.MessageId == text)), $"the friend has text {label}");
    }

    private async Task ChatAsync(string path, VirtualPhone phone)
    {
        friend.SendText(phone.PhoneNumber, $"unread {label}");
        await cluster.UntilAsync(() => Task.FromResult(cluster.Inbox.Texts.Contains($"unread {label}")), $"unread {label} is at the webhook");
        await PostAsync($"{path}/chats/{friend.PhoneNumber}/read", new { });
        await PostAsync($"{path}/chats/{friend.PhoneNumber}/typing", new { state = "composing" });
        await PostAsync($"{path}/chats/{friend.PhoneNumber}/presence", new { });
        await PostAsync(path + "/presence", new { state = "available" });
        await PostAsync(path + "/contacts/check", new { numbers = new[] { friend.PhoneNumber } });
        await PostAsync(path + "/lid-mappings", new { lid = friend.Lid.User, phoneNumber = friend.PhoneNumber });
    }

    private async Task QueueAsync(string path)
    {
        var later = await PostAsync(path + "/sendMessage", new { to = friend.PhoneNumber, message = $"later {label}", sendAt = TimeProvider.System.GetUtcNow().AddDays(1) });
        var queue = await AskAsync(HttpMethod.Get, path + "/queue", null);
        if (!queue.TryGetProperty("items", out var items) || items.EnumerateArray().All(item => item.GetProperty("messageId").GetString() != later))
            Fail($"GET {path}/queue", "does not list what waits");
        await AskAsync(HttpMethod.Delete, $"{path}/queue/{later}", null);
    }

    private async Task GroupAsync(string path, VirtualPhone phone)
    {
        var group = cluster.Network.AddGroup(label, [phone.PhoneNumber, friend.PhoneNumber]).Id.ToString();
        await GetAsync(path + "/groups", $"{path}/groups/{group}?refresh=true");
        await PostAsync(path + "/sendMessage", new { to = group, message = $"to all, {label}" });
        await cluster.UntilAsync(() => Task.FromResult(friend.Messages.Any(message => message.Text == $"to all, {label}")), $"the group has its text {label}");
    }

    private async Task GetAsync(params string[] paths)
    {
        foreach (var path in paths)
            await AskAsync(HttpMethod.Get, path, null);
    }

    // Returns the message's id, if there is one.
    private async Task<string> PostAsync(string path, object body) =>
        (await AskAsync(HttpMethod.Post, path, body)).TryGetProperty("messageId", out var id) ? id.GetString()! : "";

    private async Task<JsonElement> AskAsync(HttpMethod method, string path, object? body)
    {
        Asked++;
        for (var refusals = 0; ;)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await gateway.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            if (answer.IsSuccessStatusCode)
                return text.StartsWith('{') ? JsonElement.Parse(text) : Nothing;
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || ++refusals == MostRefusals)
            {
                Fail($"{method} {path}", $"{(int)answer.StatusCode} {text}");
                return Nothing;
            }
            Busy++;
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private void Fail(string what, string why) => _problems.Add($"{label}: {what}: {why}");
}
