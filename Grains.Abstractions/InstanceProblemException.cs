namespace WhatsApp.Grains.Abstractions;

/// <summary>
/// A refusal a caller can act on. <see cref="Code"/> is one of rest-api part A; the gateway maps it to a problem document once.
/// </summary>
[GenerateSerializer, Alias("wa.InstanceProblemException")]
public sealed class InstanceProblemException : Exception
{
    /// <summary>A problem with its code and facts (e.g. messageId, state, nack, until).</summary>
    public InstanceProblemException(string code, string detail, IReadOnlyDictionary<string, string>? facts = null) : base(detail)
    {
        Code = code;
        Facts = facts ?? new Dictionary<string, string>();
    }

    /// <summary>instance-not-found, instance-already-exists, instance-not-connected, …</summary>
    [Id(0)] public string Code { get; }

    /// <summary>Extension members of the problem document.</summary>
    [Id(1)] public IReadOnlyDictionary<string, string> Facts { get; }
}
