namespace WhatsApp.Gateway.Errors;

/// <summary>Status and title of every error code (rest-api part A).</summary>
public static class ProblemCodes
{
    private static readonly Dictionary<string, (int Status, string Title, bool Retryable)> Table = new(StringComparer.Ordinal)
    {
        ["malformed-json"] = (400, "The body is not JSON", false),
        ["validation-failed"] = (422, "The request is not valid", false),
        ["unauthorized"] = (401, "A valid API key is required", false),
        ["forbidden"] = (403, "The key may not do this", false),
        ["not-found"] = (404, "There is nothing here", false),
        ["method-not-allowed"] = (405, "The method is not allowed here", false),
        ["instance-not-found"] = (404, "Instance not found", false),
        ["delivery-not-found"] = (404, "Delivery not found", false),
        ["message-not-found"] = (404, "Message not found", false),
        ["chat-not-found"] = (404, "Chat not found", false),
        ["not-a-group-member"] = (403, "The account is not a member of the group", false),
        ["group-admins-only"] = (403, "Only admins may write to the group", false),
        ["media-not-found"] = (404, "There is no such file", false),
        ["media-too-large"] = (413, "The file is too large", false),
        ["media-url-blocked"] = (422, "The address may not be fetched", false),
        ["media-upload-failed"] = (502, "WhatsApp did not take the file", true),
        ["media-fetch-failed"] = (422, "The file could not be fetched", true),
        ["media-pending"] = (503, "The file is still being fetched", true),
        ["range-not-satisfiable"] = (416, "The range is outside the file", false),
        ["instance-already-exists"] = (409, "The instance id is taken", false),
        ["instance-exported"] = (409, "The instance was exported and lives elsewhere", false),
        ["instance-not-connected"] = (409, "Instance is not connected", true),
        ["instance-busy"] = (503, "The instance is moving between nodes", true),
        ["cluster-unreachable"] = (503, "No silo of the cluster answers", true),
        ["storage-unavailable"] = (503, "The database cannot be reached", true),
        ["already-connected"] = (409, "The instance is linked already", false),
        ["passkey-required"] = (409, "WhatsApp demands a passkey to link this account", false),
        ["passkey-not-asked"] = (422, "No passkey is demanded now", false),
        ["recipient-not-on-whatsapp"] = (422, "The recipient is not on WhatsApp", false),
        ["invalid-recipient"] = (422, "The recipient is not valid", false),
        ["body-too-large"] = (413, "The body is too large", false),
        ["unsupported-media-type"] = (415, "This kind of file or body is not taken", false),
        ["reachout-timelock"] = (429, "WhatsApp does not allow new chats from this account now", false),
        ["account-restricted"] = (403, "WhatsApp has restricted this account", false),
        ["rate-limited"] = (429, "Too many requests", true),
        ["send-timeout"] = (504, "WhatsApp did not confirm in time: the outcome is unknown", true),
        ["query-timeout"] = (504, "WhatsApp did not answer in time", true),
        ["whatsapp-error"] = (502, "WhatsApp refused", false),
        ["idempotency-key-reused"] = (409, "The idempotency key was used with another body", false),
        ["idempotency-in-progress"] = (409, "The first request with this idempotency key is still running", true),
        ["upgrade-required"] = (503, "WhatsApp refuses this client version", false),
        ["internal"] = (500, "Something went wrong here", true),
    };

    /// <summary>HTTP status, title and whether a repeat can help. Unknown codes are internal errors.</summary>
    public static (int Status, string Title, bool Retryable) Of(string code) => Table.TryGetValue(code, out var entry) ? entry : Table["internal"];
}
