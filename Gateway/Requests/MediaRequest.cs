using System.Security.Cryptography;
using WhatsApp.Gateway.Errors;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Gateway.Requests;

/// <summary>A request with a file: its fields, and the file if it came with the body (staged already). The other sources are an address and an upload.</summary>
/// <param name="Body">Fields.</param>
/// <param name="Staged">The file of <c>file</c> or <c>base64</c>, or null.</param>
/// <param name="Hash">Of all of it, for the idempotency key; the same however the parts were laid out.</param>
internal sealed record MediaRequest(JsonBody Body, StagedMedia? Staged, string Hash)
{
    /// <summary>Reads the whole body, streaming the file into the store.</summary>
    /// <param name="instance">Whose.</param>
    /// <param name="request">JSON or multipart.</param>
    /// <param name="intake">Takes the file.</param>
    /// <param name="maxFile">Bytes.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    public static async Task<MediaRequest> ReadAsync(string instance, HttpRequest request, IMediaIntake intake, long maxFile, CancellationToken cancellationToken)
    {
        StagedMedia? staged = null;
        try
        {
            byte[] json;
            if (MediaFormReader.Suits(request))
            {
                var form = new MediaFormReader(request);
                await form.TakeAsync(async (name, file) =>
                    staged = await intake.StageAsync(new IntakeRules(instance, "file", maxFile) { FileName = name }, file, null, cancellationToken), cancellationToken);
                json = form.ToJson();
            }
            else
            {
                if (request.ContentType is { Length: > 0 } type && !type.Contains("json", StringComparison.OrdinalIgnoreCase))
                    throw new ProblemException("unsupported-media-type", "send application/json or multipart/form-data");
                var reader = new JsonWithFile(request.Body);
                await reader.TakeAsync(async (field, file) =>
                    staged = await intake.StageAsync(new IntakeRules(instance, field, Math.Min(maxFile, intake.Limits.Base64)), file, null, cancellationToken), cancellationToken);
                json = reader.Rest.ToArray();
            }
            var hash = Convert.ToHexStringLower(SHA256.HashData([.. json, .. System.Text.Encoding.ASCII.GetBytes(staged?.Sha256 ?? "")]));
            return new MediaRequest(JsonBody.Of(json), staged, hash);
        }
        catch
        {
            if (staged is not null)
                await intake.DiscardAsync(staged);
            throw;
        }
    }
}
