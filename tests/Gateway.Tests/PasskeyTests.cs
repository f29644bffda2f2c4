using System.Text;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Gateway.Tests;

public sealed class PasskeyTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    private const string Credential = """{"id":"AQID","rawId":"AQID","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAA","signature":"AAAA"}}""";

    [Fact]
    public async Task The_code_is_shown_and_confirmed()
    {
        var (id, device, _) = await gateway.CreateAsync();
        List<PasskeyAssertion?> handed = [];
        device.OnPasskey = assertion =>
        {
            handed.Add(assertion);
            return Task.CompletedTask;
        };
        device.Change(shown => shown with { Status = DeviceStatus.PasskeyRequired, Passkey = new PasskeyDemand("""{"challenge":"AA"}""", null) });
        Assert.Equal("passkey_required", (await gateway.GetAsync($"/instances/{id}/status"))["status"]);
        Assert.Equal("""{"challenge":"AA"}""", (await gateway.GetAsync($"/instances/{id}/passkey")).Text);
        (await gateway.PostAsync($"/instances/{id}/pair", new { phoneNumber = "5511900000001" })).IsProblem(409, "passkey-required");
        Assert.Equal(200, (await gateway.PostAsync($"/instances/{id}/passkey", Credential)).Status);

        device.Change(shown => shown with { Status = DeviceStatus.PasskeyConfirm, Passkey = shown.Passkey! with { Code = "ABCD-1234" } });
        Assert.Equal("ABCD-1234", (await gateway.GetAsync($"/instances/{id}/passkey/confirm"))["code"]);
        Assert.Equal(("True", "passkey_confirm"), ((await gateway.PostAsync($"/instances/{id}/passkey/confirm")) is var answer ? (answer["success"], answer["status"]) : default));

        Assert.Equal(2, handed.Count);
        Assert.Equal([1, 2, 3], handed[0]!.CredentialId);
        Assert.Equal(Credential, Encoding.UTF8.GetString(handed[0]!.Json));
        Assert.Null(handed[1]);
    }

    [Theory]
    [InlineData("""{}""", "/rawId"), InlineData("""{"rawId":"AQID"}""", "/response"), InlineData("""{"rawId":"!","response":{}}""", "/rawId")]
    [InlineData("""{"rawId":"AQID","response":{"clientDataJSON":"e30","authenticatorData":"AAAA"}}""", "/response/signature")]
    [InlineData("""{"rawId":"AQID","response":{"clientDataJSON":"{}","authenticatorData":"AAAA","signature":"AAAA"}}""", "/response/clientDataJSON")]
    public async Task What_is_no_credential_is_refused_with_its_place(string body, string pointer)
    {
        var (id, _, _) = await gateway.CreateAsync();
        (await gateway.PostAsync($"/instances/{id}/passkey", body)).IsProblem(422, "validation-failed", pointer);
    }

    [Fact]
    public async Task Without_a_demand_there_is_nothing_to_answer()
    {
        var (id, device, _) = await gateway.CreateAsync();
        device.OnPasskey = _ => Task.FromException(new PasskeyNotAskedException("none"));
        (await gateway.GetAsync($"/instances/{id}/passkey")).IsProblem(422, "passkey-not-asked");
        (await gateway.PostAsync($"/instances/{id}/passkey", Credential)).IsProblem(422, "passkey-not-asked");
        (await gateway.PostAsync($"/instances/{id}/passkey/confirm")).IsProblem(422, "passkey-not-asked");
    }
}
