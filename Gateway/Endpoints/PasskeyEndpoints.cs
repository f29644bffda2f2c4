using System.Buffers.Text;
using System.Text;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/passkey: linking when WhatsApp demands a passkey (rest-api part B; bodies as WAHA's, so that its browser extension works).</summary>
internal static class PasskeyEndpoints
{
    private const int MaxCredential = 64 * 1024;
    private const int MaxCredentialId = 1023;

    public static void MapPasskey(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instances/{id}/passkey", ChallengeAsync).Needs("control").WithSummary("What an authenticator has to sign: WebAuthn request options");
        routes.MapPost("/instances/{id}/passkey", AnswerAsync).Needs("control").WithSummary("Hand in what the authenticator signed: credential.toJSON()");
        routes.MapGet("/instances/{id}/passkey/confirm", CodeAsync).Needs("control").WithSummary("The code to compare with the phone's");
        routes.MapPost("/instances/{id}/passkey/confirm", ConfirmAsync).Needs("control").WithSummary("The codes are the same");
    }

    private static async Task<IResult> ChallengeAsync(string id, HttpResponse response, IGrainFactory grains, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        return Results.Text(await grains.GetGrain<IPasskeyGrain>(InstanceIds.FromRoute(id)).GetPasskeyOptionsAsync(cancellationToken), "application/json", Encoding.UTF8);
    }

    private static async Task<IResult> AnswerAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, cancellationToken);
        if (buffer.Length > MaxCredential)
            throw new ProblemException("body-too-large", "a credential has at most 64 KB");
        var json = buffer.ToArray();
        var credentialId = CredentialIdOf(JsonBody.Of(json));
        var status = await grains.GetGrain<IPasskeyGrain>(instance).AnswerPasskeyAsync(credentialId, json, cancellationToken);
        return Results.Ok(new { success = true, instanceId = instance, status });
    }

    private static async Task<IResult> CodeAsync(string id, HttpResponse response, IGrainFactory grains, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        return Results.Ok(new { code = await grains.GetGrain<IPasskeyGrain>(InstanceIds.FromRoute(id)).GetPasskeyCodeAsync(cancellationToken) });
    }

    private static async Task<IResult> ConfirmAsync(string id, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var status = await grains.GetGrain<IPasskeyGrain>(instance).ConfirmPasskeyAsync(cancellationToken);
        return Results.Ok(new { success = true, instanceId = instance, status });
    }

    // { id, rawId, type, response: { clientDataJSON, authenticatorData, signature, userHandle } }, all base64url.
    private static byte[] CredentialIdOf(JsonBody body)
    {
        var text = body.RequiredText("rawId", 2048, alias: "id");
        var id = TryDecode(text);
        if (text.Length > 0 && id is not { Length: > 0 and <= MaxCredentialId })
            body.Fail<string>("rawId", "invalid-format", "must be base64url of 1 to 1023 bytes");
        if (body.Find("response") is null)
            body.Fail<string>("response", "required", "is required");
        else if (body.Object("response") is { } response)
            foreach (var name in (ReadOnlySpan<string>)["clientDataJSON", "authenticatorData", "signature"])
                if (response.RequiredText(name, MaxCredential) is { Length: > 0 } value && TryDecode(value) is null)
                    response.Fail<string>(name, "invalid-format", "must be base64url");
        body.Finish();
        return id!;
    }

    private static byte[]? TryDecode(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
