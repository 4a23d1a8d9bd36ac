using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection;

/// <summary>Server reflection, v1.</summary>
public class ReflectionV1ServiceImpl : ServerReflection.ServerReflectionBase
{
    private readonly ReflectionAnswers _answers;

    /// <summary>Answers for these services, with the symbols of <paramref name="symbolRegistry"/>.</summary>
    public ReflectionV1ServiceImpl(IEnumerable<string> services, SymbolRegistry symbolRegistry) =>
        _answers = new ReflectionAnswers(services, symbolRegistry);

    /// <summary>Answers for these services.</summary>
    public ReflectionV1ServiceImpl(IEnumerable<ServiceDescriptor> serviceDescriptors) => _answers = new ReflectionAnswers(serviceDescriptors);

    /// <summary>Answers for these services.</summary>
    public ReflectionV1ServiceImpl(params ServiceDescriptor[] serviceDescriptors)
        : this((IEnumerable<ServiceDescriptor>)serviceDescriptors)
    {
    }

    /// <inheritdoc />
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(requestStream);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            var response = Answer(request);
            response.ValidHost = request.Host;
            response.OriginalRequest = request;
            await responseStream.WriteAsync(response);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.ListServices => new ServerReflectionResponse
        {
            ListServicesResponse = new ListServiceResponse { Service = { _answers.Services.Select(name => new ServiceResponse { Name = name }) } },
        },
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename =>
            Files(_answers.FileByName(request.FileByFilename), "File not found."),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol =>
            Files(_answers.FileContainingSymbol(request.FileContainingSymbol), "Symbol not found."),
        _ => Error(ReflectionAnswers.Unsupported.Code, ReflectionAnswers.Unsupported.Message),
    };

    private static ServerReflectionResponse Files(IEnumerable<ByteString>? files, string missing) => files is null
        ? Error(StatusCode.NotFound, missing)
        : new ServerReflectionResponse { FileDescriptorResponse = new FileDescriptorResponse { FileDescriptorProto = { files } } };

    private static ServerReflectionResponse Error(StatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };
}
