using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol;

namespace WhatsApp.Gateway.Tests;

public sealed class LogTests
{
    [Fact]
    public async Task Logs_hold_no_key_no_secret_no_code_and_no_text_even_at_debug()
    {
        const string text = "a-very-private-text";
        const string secret = "webhook-secret-value";
        const string code = "2@the-qr-code-itself";
        await using var gateway = new TestGateway();
        await gateway.InitializeAsync();
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerStatus(500);
        var (id, device, token) = await gateway.CreateAsync(webhook: new { url = receiver.Url + "?token=url-token", secret, headers = new { Authorization = "Bearer header-token" } });
        await device.ShowQrAsync(code);
        await gateway.GetAsync($"/instances/{id}/qr");
        await device.OpenAsync();
        await device.ReceiveAsync(text);
        await gateway.SendAsync(HttpMethod.Post, $"/instances/{id}/sendMessage", new { to = "5511900000002", message = text }, token, ("Idempotency-Key", "k"));
        device.OnSend = (_, _) => Task.FromException<SentMessage>(new SendFailedException("whatsapp-error", "refused", 500));
        await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = text });
        await gateway.PostAsync($"/instances/{id}/sendMessage", $"{{\"to\":\"5511900000002\",\"message\":\"{text}");
        device.Break(new InvalidOperationException("a bug"));
        await gateway.Devices.DeviceAsync(id, 2);
        await receiver.WaitAsync(1);
        await Eventually.TrueAsync(() => gateway.Logs.All.Contains("failed: status 500", StringComparison.Ordinal), "the failed delivery in the log");
        await gateway.StopAsync();

        var logs = gateway.Logs.All;
        Assert.Contains(id, logs, StringComparison.Ordinal);
        foreach (var hidden in new[] { text, secret, code, token, TestGateway.AdminKey, "url-token", "header-token", "5511900000002" })
            Assert.DoesNotContain(hidden, logs, StringComparison.Ordinal);
    }
}
